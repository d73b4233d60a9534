/** What a server that listens does about its keys and secrets every second: it sees what other nodes made, revoked and ended, and tells of guessing. */
import type { FastifyInstance } from 'fastify';
import type { CommandOf } from '../events/command.js';
import { defaultPool } from '../events/scalars.js';
import { byLedger } from '../ledger/own-commands.js';
import { limits } from '../limits.js';
import type { Api } from './context.js';
import { problemOf } from './errors.js';

/** What goes wrong is tried again a second later. */
export function watchKeys(
  app: FastifyInstance,
  { ledger, keys, secrets, sessions, attempts, feeds, audit }: Api,
): void {
  const closing = new AbortController();
  app.addHook('onReady', async () => {
    await keys.load();
    await secrets.load();
  });
  app.addHook('onListen', async () => {
    ledger.clock.every(limits.keysWatchMs, closing.signal, async () => {
      audit?.refused(attempts.takeRefused());
      try {
        await keys.refresh();
        await secrets.refresh();
        for (const id of feeds.sessions) if ((await sessions.find(id)) === null) feeds.endSession(id);
        const limited = attempts.toTell();
        const pool = ledger.hasPool(defaultPool) ? defaultPool : ledger.poolNames[0];
        if (limited > 0 && pool !== undefined) await ledger.submitOne(pool, guessed(limited));
      } catch (error) {
        app.log.warn({ code: problemOf(error).code }, 'the API keys could not be looked at');
      }
      feeds.endWithout((key) => keys.works(key));
    });
  });
  app.addHook('onClose', async () => {
    closing.abort();
    audit?.refused(attempts.takeRefused());
    await audit?.flush().catch(() => app.log.error('notes of the audit trail were lost: the storage took none'));
    await keys.flush().catch(() => undefined);
    await secrets.flush().catch(() => undefined);
  });
}

const guessed = (limited: number): CommandOf<'alert.raised'> => ({
  type: 'alert.raised',
  payload: {
    rule: 'keys-refused',
    subject: 'api keys',
    text: `Somebody sends keys or signatures that are refused, more than 10 a second from one address; ${limited} of them had to wait.`,
    dedupe_key: 'keys-refused',
  },
  ...byLedger,
});
