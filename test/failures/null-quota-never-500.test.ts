// A quota row that was read in part turned every report into a 500. Here any part may be missing.
import t from 'tap';
import { testServer } from '../api/support.js';

t.test('whatever part of the quota is known, reports are taken and pages answer', async (t) => {
  const windows: object[][] = [
    [],
    [{ key: 'session_5hour', percent_bp: 4_000 }],
    [{ key: 'week_sonnet', percent_bp: 10_000 }],
    [{ key: 'week_all', percent_bp: 9_000, resets_at: '2026-01-01T00:00:00Z' }],
    [{ key: 'another', percent_bp: 10_100 }],
  ];
  for (const read of windows) {
    const server = await testServer(t);
    if (read.length > 0) await server.send('quota.read', { windows: read });
    const name = JSON.stringify(read);
    for (const body of [{ cost_delta: 0.1 }, { cache_read_increment: 5 }, { cost_delta: null }]) {
      const answer = await server.post('/resource-share/increment', { claude_name: 'Ada', mode: 'autonomy', ...body });
      t.equal(answer.statusCode, 200, `${name} ${JSON.stringify(body)}`);
      t.type(answer.json<{ recommended_interval: number }>().recommended_interval, 'number');
    }
    for (const url of ['/dashboard', '/dashboard/json', '/overdue-claudes', '/v1/quota', '/v1/allocations']) {
      t.equal((await server.get(url)).statusCode, 200, `${name} ${url}`);
    }
    await server.app.close();
    await server.close();
  }
});
