// Totals left out the tokens of the cache: of a response of 2 + 40 tokens that read 22,500 from it, 42 were counted.
import t from 'tap';
import { testServer } from '../api/support.js';
import { claudeLine } from '../support/claude-lines.js';
import { readByProgram } from './read-by-program.js';

const cached = {
  input_tokens: 2,
  output_tokens: 40,
  cache_read_input_tokens: 22_500,
  cache_creation_input_tokens: 300,
};

t.test('a transcript is read with what its cache read and wrote', async (t) => {
  const { uses } = await readByProgram(
    t,
    'claude-transcript',
    's1.jsonl',
    JSON.stringify(claudeLine({ usage: cached })),
  );
  t.match(uses, [{ tokens: { input: 2, output: 40, cache_read: 22_500, cache_write_5m: 300, cache_write_1h: 0 } }]);
});

t.test('what is recorded counts them, in rows and in days', async (t) => {
  const server = await testServer(t);
  const tokens = { input: 2, output: 40, cache_read: 22_500, cache_write_5m: 200, cache_write_1h: 100 };
  await server.post('/v1/events', { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', tokens } });
  for (const table of ['resource_share_increments', 'daily_resource_share']) {
    const [row] = await server.ledger.query<{ total: number }>(`SELECT total_tokens AS total FROM ${table}`);
    t.equal(row?.total, 22_842, table);
  }
});
