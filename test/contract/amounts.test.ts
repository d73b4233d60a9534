// The largest amounts that may be reported are stored like any others, and so is what is worked out from them.
import t from 'tap';
import { limits } from '../../src/limits.js';
import { reading, usage } from '../support/command.js';
import { hours, minutes, noon } from '../support/fold.js';
import { pool, temporaryLedger } from '../support/ledger.js';

t.test('millions of dollars per report', async (t) => {
  const test = await temporaryLedger(t);
  const resets = noon + hours(100);
  const largest = usage('Ada', { cost_micro_usd: limits.costMicroUsdMax, tokens: { output: limits.tokensMax } });
  for (let percent = 1; percent <= 8; percent++) {
    const outcomes = await test.ledger.submit(pool, { commands: Array.from({ length: 900 }, () => largest) });
    t.ok(outcomes.every(({ status }) => status === 'recorded'));
    test.clock.advance(minutes(30));
    await test.record(reading('week_all', 100 * percent, { resets_at: resets }));
  }
  const { rows } = await test.ledger.readTable(pool, 'allocations', { limit: 10 });
  t.match(rows, [{ used_micro_usd: 8 * 900 * limits.costMicroUsdMax }]);
  t.match(await test.replay({ check: true }), { identical: true });
});
