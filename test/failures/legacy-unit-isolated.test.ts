// Tokens and dollars shared one column: one client of the older form outweighed the others 100,000 to 1. Here tokens are
// priced, and shares are worked out from money only.
import t from 'tap';
import { testServer } from '../api/support.js';

t.test('a client of the older form weighs what its tokens cost', async (t) => {
  const server = await testServer(t);
  await server.send('quota.read', { windows: [{ key: 'week_all', percent_bp: 1_000 }] });
  await server.post('/resource-share/increment', {
    claude_name: 'Older',
    mode: 'autonomy',
    cache_read_increment: 1_000_000,
  });
  await server.post('/resource-share/increment', { claude_name: 'Newer', mode: 'autonomy', cost_delta: 0.3 });
  const { identities } = (await server.get('/v1/fairness')).json<{
    identities: { name: string; used_usd: number; share: number }[];
  }>();
  t.match(identities, [
    { name: 'Newer', share: 0.5 },
    { name: 'Older', used_usd: 0.3, share: 0.5 },
  ]);
  const rows = await server.ledger.query(
    'SELECT claude_name, legacy_tokens, cost_micro_usd, cost_delta, cost_source FROM resource_share_increments ORDER BY id',
  );
  t.match(rows, [
    {
      claude_name: 'Older',
      legacy_tokens: 1_000_000,
      cost_micro_usd: 300_000,
      cost_delta: null,
      cost_source: 'computed',
    },
    { claude_name: 'Newer', legacy_tokens: null, cost_micro_usd: 300_000, cost_delta: 0.3, cost_source: 'reported' },
  ]);
});
