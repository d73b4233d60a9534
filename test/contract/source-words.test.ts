// Goal: of each source people are shown when it told something last, and how much today and in the week: of one pool alone, whatever the
// version of the adapter.
import t from 'tap';
import { buildServer } from '../../src/api/server.js';
import type { PoolId } from '../../src/events/scalars.js';
import { sourceWordsNow } from '../../src/status/source-words.js';
import { variants } from '../support/engines.js';
import { minutes } from '../support/fold.js';
import { pool, temporaryLedger } from '../support/ledger.js';

for (const engine of variants) {
  t.test(engine.name, async (t) => {
    const { ledger, clock } = await temporaryLedger(t, { engine });
    const app = buildServer(ledger, { log: { level: 'silent' } });
    t.teardown(() => app.close());
    const send = async (source: string, type: string, payload: object, to = 'default') => {
      const answer = await app.inject({
        method: 'POST',
        url: `/v1/events?pool=${to}`,
        headers: { host: 'localhost' },
        payload: { type, payload, source },
      });
      if (answer.statusCode >= 300) throw new Error(answer.body);
    };
    const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 250_000 };
    t.same(await sourceWordsNow(ledger, pool), []);
    await ledger.addPool('other' as PoolId);
    await send('otlp/1', 'usage.recorded', use);
    clock.advance(minutes(36 * 60));
    await send('otlp/2', 'usage.recorded', use);
    await send('report/1', 'usage.recorded', use);
    await send('elsewhere/1', 'usage.recorded', use, 'other');
    const lastOfReport = ledger.now();
    clock.advance(minutes(2));
    await send('otlp/2', 'usage.recorded', use);
    await send('readings/1', 'quota.read', { windows: [{ key: 'week_all', percent_bp: 1_200 }] });
    const now = ledger.now();
    clock.advance(minutes(2));
    const none = { reportsToday: 0, reportsWeek: 0, usdToday: 0, readingsWeek: 0 };
    t.same(await sourceWordsNow(ledger, pool), [
      { ...none, source: 'otlp', lastAt: now, reportsToday: 2, reportsWeek: 3, usdToday: 0.5 },
      { ...none, source: 'readings', lastAt: now, readingsWeek: 1 },
      { ...none, source: 'report', lastAt: lastOfReport, reportsToday: 1, reportsWeek: 1, usdToday: 0.25 },
    ]);
    clock.advance(minutes(9 * 24 * 60));
    t.same(await sourceWordsNow(ledger, pool), [], 'after a week without a word it is not shown');
  });
}
