// Goal: who reads `SELECT * FROM daily_resource_share` by position, as scripts for the original do, gets the columns of the original first and in their order.
import { test } from 'tap';
import { parseCommand } from '../../src/events/command.js';
import { variants } from '../support/engines.js';
import { pool, temporaryLedger } from '../support/ledger.js';

const original = [
  'id',
  'claude_name',
  'date',
  'autonomous_tokens',
  'collaborative_tokens',
  'total_tokens',
  'last_updated',
];

for (const variant of variants) {
  test(`on ${variant.name}`, async (t) => {
    const { ledger } = await temporaryLedger(t, { engine: variant });
    const payload = { name: 'Ada', mode: 'collaboration', tokens: { input: 7 }, cost_micro_usd: 3 };
    await ledger.submitOne(pool, parseCommand({ type: 'usage.recorded', payload }, { actor: 'a', source: 'b' }));
    const [row] = await ledger.query<Record<string, unknown>>('SELECT * FROM daily_resource_share');
    const columns = Object.keys(row ?? {});
    t.strictSame(columns.slice(0, original.length), original);
    t.equal(columns.at(-1), 'pool');
    t.match(row, { claude_name: 'Ada', autonomous_tokens: 0, collaborative_tokens: 7, total_tokens: 7, pool });
  });
}
