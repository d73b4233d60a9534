// The quota table of a fresh install lacked the columns its own insert used. Here the database of a first start has
// every table and column that is documented, and takes every kind of event.
import Database from 'better-sqlite3';
import t from 'tap';
import { testServer } from '../api/support.js';
import { variant } from '../support/engines.js';

const documented: Record<string, string> = {
  resource_share_increments:
    'timestamp, claude_name, mode, cache_read_increment, weighted_cost, recommended_interval, cost_delta, normalized_usage, context_percentage',
  daily_resource_share: 'id, claude_name, date, autonomous_tokens, collaborative_tokens, total_tokens, last_updated',
  quota_info: 'timestamp, session_5hour, week_all, week_sonnet, session_5hour_reset, week_reset',
  claude_identities: 'name, model, cost_multiplier, collaborative_pref, active, ip_address, pause_until',
  fair_allocations: 'claude_name, share, used_micro_usd, balance_micro_usd, recommended_interval, reason',
};

t.test('a first start can record and answer everything that is documented', async (t) => {
  const server = await testServer(t);
  const { id } = await server.send('usage.recorded', {
    name: 'Ada',
    mode: 'autonomy',
    cost_micro_usd: 5,
    tokens: { input: 3 },
  });
  await server.send('usage.corrected', { corrects: id, difference: { cost_micro_usd: -1 }, reason: 'r' });
  await server.post('/resource-share/increment', { claude_name: 'Ada', mode: 'autonomy', cache_read_increment: 5 });
  await server.send('quota.read', {
    windows: ['session_5hour', 'week_all', 'week_sonnet', 'another'].map((key) => ({
      key,
      percent_bp: 100,
      resets_at: '2026-02-01T00:00:00Z',
    })),
  });
  await server.send('day.closed', { date: '2026-01-04' });
  await server.send('agent.paused', { name: 'Ada' });

  for (const [table, columns] of Object.entries(documented)) {
    t.not((await server.ledger.query(`SELECT ${columns} FROM ${table}`)).length, 0, table);
  }
  const queries = [
    'SELECT timestamp, claude_name, mode, cache_read_increment, weighted_cost FROM resource_share_increments ORDER BY timestamp DESC LIMIT 20',
    'SELECT * FROM daily_resource_share ORDER BY date DESC LIMIT 7',
    'SELECT * FROM quota_info ORDER BY timestamp DESC LIMIT 20',
    'SELECT name, model, cost_multiplier FROM claude_identities',
  ];
  for (const query of queries) t.not((await server.ledger.query(query)).length, 0, query);
  if (variant.name !== 'sqlite') return;
  const file = new Database(server.ledger.location, { readonly: true });
  t.teardown(() => file.close());
  t.equal(file.pragma('integrity_check', { simple: true }), 'ok');
});
