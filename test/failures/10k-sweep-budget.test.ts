/**
 * 10,000 stale holders were to be swept quickly, and the script failed at that number. Here they are taken back in transactions of
 * a hundred, so that nobody who records has to wait for all of them; bench/jobs.ts says how long it takes.
 */
import t from 'tap';
import { reclaimExpired } from '../../src/jobs/lost-jobs.js';
import { Work } from '../../src/jobs/work.js';
import { limits } from '../../src/limits.js';
import { variants } from '../support/engines.js';
import { temporaryLedger } from '../support/ledger.js';

for (const engine of variants) {
  t.test(engine.name, async (t) => {
    const { ledger, place } = await temporaryLedger(t, { engine });
    const { queue } = new Work(ledger, { outside: { 'x.work': {} } });
    const made = Array.from({ length: 10_000 }, () => queue.make({ kind: 'x.work' }));
    for (let i = 0; i < made.length; i += 1_000) await ledger.jobStore.add(made.slice(i, i + 1_000), 100_000);
    await engine.meddle(place, `UPDATE jobs SET state = 'running', attempts = 1, token = 1, lease_until = 1`);
    const log = { debug() {}, info() {}, warn() {}, error() {} } as never;
    t.equal((await ledger.jobStore.reclaim(limits.jobsSweptAtOnce)).length, 100);
    await reclaimExpired({ ledger, log });
    t.strictSame(await ledger.query('SELECT state, count(*) AS jobs FROM jobs GROUP BY state'), [
      { state: 'pending', jobs: 10_000 },
    ]);
  });
}
