/** A server whose watchdog looks when a test says so, under a clock that stands until a test moves it. */

import { buildServer } from '../../src/api/server.js';
import type { OperationSources } from '../../src/watch/operation.js';
import { Watchdog, type WatchSettings, watchDefaults } from '../../src/watch/watchdog.js';
import type { Scope } from './folder.js';
import { type LedgerOptions, pool, type TestLedger, temporaryLedger } from './ledger.js';

export interface Look {
  readonly raised: readonly string[];
  readonly cleared: readonly string[];
  readonly held_back: readonly string[];
  readonly open: number;
}

export interface Looking {
  readonly every?: number;
  /** What happens before each look. */
  readonly between?: (minute: number) => Promise<unknown>;
}

export interface WatchedLedger extends TestLedger {
  readonly watchdog: Watchdog;
  /** One look, over HTTP; what it found in the default pool. */
  look(): Promise<Look>;
  /** Looks each minute, or every so many, while so much time passes; what was raised, with the minute from now on. */
  lookFor(minutes: number, how?: Looking): Promise<[minute: number, alert: string][]>;
  /** Texts of the alerts that are open, by rule and subject. */
  open(): Readonly<Record<string, string>>;
}

export async function watchedLedger(
  t: Scope,
  options: LedgerOptions & { readonly watch?: Partial<WatchSettings>; readonly sources?: OperationSources } = {},
): Promise<WatchedLedger> {
  const test = await temporaryLedger(t, options);
  const watchdog = new Watchdog(test.ledger, { ...watchDefaults, ...options.watch }, options.sources);
  const app = buildServer(test.ledger, { log: { level: 'silent' }, watchdog });
  t.teardown(() => app.close());
  const look = async (): Promise<Look> => {
    const answer = await app.inject({ method: 'POST', url: '/v1/watchdog', payload: {} });
    const { pools } = answer.json<{ pools: (Look & { pool: string })[] }>();
    const found = pools?.find((each) => each.pool === pool);
    if (found === undefined) throw new Error(answer.body);
    return found;
  };
  return Object.assign(test, {
    watchdog,
    look,
    async lookFor(minutes: number, { every = 1, between }: Looking = {}) {
      const raised: [number, string][] = [];
      for (let minute = every; minute <= minutes; minute += every) {
        test.clock.advance(every * 60_000);
        await between?.(minute);
        for (const alert of (await look()).raised) raised.push([minute, alert]);
      }
      return raised;
    },
    open() {
      const alerts = [...test.ledger.state(pool).alerts.values()];
      return Object.fromEntries(alerts.map(({ rule, subject, text }) => [`${rule}: ${subject}`, text]));
    },
  });
}
