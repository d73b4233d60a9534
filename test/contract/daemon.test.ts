// Goal: a daemon is started and stopped within a process, again and again, and leaves nothing of itself behind.
import t from 'tap';
import { startDaemon } from '../../src/daemon/start.js';
import type { Engine } from '../../src/engines/engine.js';
import { nextTurn, systemClock } from '../../src/runtime/clock.js';
import { usage } from '../support/command.js';
import { variant } from '../support/engines.js';
import { pool, temporaryLedger } from '../support/ledger.js';

const settings = { host: '127.0.0.1', port: 0, unknownAgents: 'auto', logLevel: 'silent' } as const;

/** What keeps a process alive, beside what did before. A socket that was closed goes when the other side has closed it, too. */
async function handlesLeft(before: readonly string[]): Promise<string[]> {
  let left: string[] = [];
  const deadline = systemClock.elapsed() + 60_000;
  do {
    left = process.getActiveResourcesInfo();
    for (const known of before) {
      const i = left.indexOf(known);
      if (i !== -1) left.splice(i, 1);
    }
    left = left.filter((name) => name !== 'Immediate');
    await nextTurn();
  } while (left.length > 0 && systemClock.elapsed() < deadline);
  return left;
}

t.test('a daemon that is stopped leaves no thread, timer or connection, and another takes its place', async (t) => {
  const place = await variant.place(t, { calm: true });
  const before = process.getActiveResourcesInfo();
  for (const round of ['first', 'second']) {
    const daemon = await startDaemon({ database: place, ...settings });
    const response = await fetch(`${daemon.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1 } }),
    });
    t.equal(response.status, 201);
    await response.text();
    await daemon.stop(`the ${round} one ends`);
    t.strictSame(await handlesLeft(before), [], `after the ${round} one`);
  }
});

t.test('a replay under way ends at its next step, and gives its lease back', async (t) => {
  const test = await temporaryLedger(t);
  const commands = Array.from({ length: 1_000 }, () => usage('Ada', { cost_micro_usd: 100 }));
  for (let i = 0; i < 12; i++) await test.ledger.submit(pool, { commands, advise: false });
  await test.close();
  await variant.meddle(
    test.place,
    'UPDATE projections SET version = 0; UPDATE daily_resource_share SET total_tokens = 1',
  );
  const daemon = await startDaemon({ database: test.place, ...settings });
  const reader = await variant.open(test.place, 'reader');
  t.teardown(() => reader.close());
  while ((await leaseEnd(reader)) === 0) await nextTurn();
  await daemon.stop('while it replays');
  t.equal(await leaseEnd(reader), 0, 'nobody has to wait for the lease of a replay that was given up');
  t.ok((await reader.outdatedProjections()).length > 0, 'it was given up');
  const again = await temporaryLedger(t, { place: test.place });
  const events = (await again.events()).length;
  t.match(await again.replay(), { swapped: true, events }, 'it is taken up later');
});

async function leaseEnd(engine: Engine): Promise<number> {
  const [lease] = await engine.query<{ at: number }>(`SELECT expires_at AS at FROM leases WHERE name = 'replay'`);
  return lease?.at ?? 0;
}
