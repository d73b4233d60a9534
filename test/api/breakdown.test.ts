/** Goal: what the week was used for is shown as it was last summed, however late an older sum comes. */
import { once } from 'node:events';
import t from 'tap';
import type { PoolId } from '../../src/events/scalars.js';
import { breakdownNow } from '../../src/status/breakdown.js';
import { testServer } from './support.js';

for (const how of ['finishes', 'fails'] as const)
  t.test(`a sum that ${how} late takes the place of no newer one`, async (t) => {
    const server = await testServer(t);
    const { ledger, clock } = server;
    const sums = ledger.usageSums.bind(ledger);
    let asked = 0;
    const release = new EventTarget();
    /** The first is read at once, and told when the test says so. */
    ledger.usageSums = async (...question) => {
      asked += 1;
      const isFirst = asked === 1;
      const rows = await sums(...question);
      if (isFirst) await once(release, 'first');
      if (isFirst && how === 'fails') throw new Error('the disk is full');
      return rows;
    };
    const pool = ledger.poolNames[0] as PoolId;
    const modelsNow = async () => (await breakdownNow(ledger, pool)).models.map(({ name }) => name);
    const late = modelsNow().catch(() => 'failed');
    await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', model: 'claude-opus-5', cost_micro_usd: 5 });
    clock.advance(61_000);
    const newer = await modelsNow();
    t.match(newer, ['claude-opus-5']);
    release.dispatchEvent(new Event('first'));
    t.match(await late, how === 'fails' ? 'failed' : []);
    t.same(await modelsNow(), newer);
    t.equal(asked, 2, 'it was not worked out again');
  });
