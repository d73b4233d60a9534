// Unregistered names were silently accepted at a default multiplier, and one agent appeared under three spellings. Here a
// name nobody registered is marked, has no share where it is to be set apart, and is one agent in any spelling.
import t from 'tap';
import type { UnknownAgents } from '../../src/events/decision.js';
import { type TestServer, testServer } from '../api/support.js';

const report = (server: TestServer, name: string) =>
  server.post('/resource-share/increment', { claude_name: name, mode: 'autonomy', cost_delta: 1 });

t.test('an unknown name is marked as the pool is set, and is one agent in any spelling', async (t) => {
  const expected: [UnknownAgents, string, number | undefined][] = [
    ['auto', 'unconfirmed', 0.5],
    ['quarantine', 'quarantined', undefined],
  ];
  for (const [unknownAgents, status, share] of expected) {
    const server = await testServer(t, { unknownAgents });
    await server.send('identity.registered', { name: 'Grace' });
    for (const name of ['Eve', 'EVE', ' eve ']) t.equal((await report(server, name)).statusCode, 200);
    const rows = await server.ledger.query('SELECT name, status FROM claude_identities ORDER BY name');
    t.match(
      rows,
      [
        { name: 'Eve', status },
        { name: 'Grace', status: 'confirmed' },
      ],
      unknownAgents,
    );
    t.equal(rows.length, 2);
    const { rows: shares } = (await server.get('/v1/allocations?identity=Eve')).json<{ rows: { share: number }[] }>();
    t.equal(shares[0]?.share, share, unknownAgents);
    const [used] = await server.ledger.query<{ cost: number }>(
      'SELECT total_cost_micro_usd AS cost FROM daily_resource_share',
    );
    t.equal(used?.cost, 3_000_000, 'what it used is recorded');
  }
});

t.test('where unknown names are refused, nothing is recorded', async (t) => {
  const server = await testServer(t, { unknownAgents: 'reject' });
  const answer = await report(server, 'Eve');
  t.equal(answer.statusCode, 403);
  t.equal(answer.json<{ code: string }>().code, 'agent_unknown');
  t.strictSame(await server.ledger.query('SELECT * FROM resource_share_increments'), []);
  await server.send('identity.registered', { name: 'Eve' });
  t.equal((await report(server, 'eve')).statusCode, 200);
});
