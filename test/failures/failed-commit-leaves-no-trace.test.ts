// Goal: what the storage refused is in no answer, from the moment it was refused; and where the state cannot be read again,
// nobody is told anything until it can.
import t from 'tap';
import { testServer } from '../api/support.js';
import { variants } from '../support/engines.js';

const paths = ['/v1/fairness', '/health', '/dashboard', '/v1/advice/Ada', '/v1/advice/Bob'];

const use = (name: string, cost: number) => ({
  type: 'usage.recorded',
  payload: { name, mode: 'autonomy', cost_micro_usd: cost },
});
const reading = { type: 'quota.read', payload: { windows: [{ key: 'week_all', percent_bp: 9_000 }] } };

for (const engine of variants) {
  t.test(`a refused batch is in no answer, on ${engine.name}`, async (t) => {
    const server = await testServer(t, { engine });
    await server.send('usage.recorded', use('Ada', 1_000_000).payload);
    const answers = async () => {
      const all = await Promise.all(paths.map((path) => server.get(path)));
      return all.map(({ statusCode, body }, i) => [
        paths[i],
        statusCode,
        body.replace(/"request_id":"[^"]*"| nonce="[^"]*"/g, ''),
      ]);
    };
    const before = await answers();
    t.strictSame(
      before.map(([, status]) => status),
      [200, 200, 200, 200, 404],
    );

    await engine.meddle(server.place, 'ALTER TABLE quota_windows RENAME TO quota_windows_away');
    const refused = await server.post('/v1/events', [use('Bob', 7_000_000), use('Ada', 9_000_000), reading]);
    t.match(refused.json(), { status: 503, code: 'storage_failed' });
    await engine.meddle(server.place, 'ALTER TABLE quota_windows_away RENAME TO quota_windows');
    const storageFault = /"storage_fault":.*,"queued"/;
    const without = (all: typeof before) =>
      all.map((parts) => parts.map((part) => String(part).replace(storageFault, '')));
    t.strictSame(without(await answers()), without(before), 'what it would have changed is not shown');
    t.equal((await server.events()).length, 3, 'and was not recorded');

    await server.send('usage.recorded', use('Bob', 1_000).payload);
    t.equal((await server.get('/v1/advice/Bob')).statusCode, 200);
    t.equal((await server.replay({ check: true })).identical, true);
  });

  t.test(`a state that cannot be read again is not answered from, on ${engine.name}`, async (t) => {
    const server = await testServer(t, { engine });
    await server.send('usage.recorded', use('Ada', 1_000_000).payload);
    const before = (await server.get('/v1/fairness')).body;

    await engine.meddle(server.place, 'ALTER TABLE quota_windows RENAME TO quota_windows_away');
    await engine.meddle(server.place, 'ALTER TABLE snapshots RENAME TO snapshots_away');
    t.equal((await server.post('/v1/events', [use('Bob', 7_000_000), reading])).statusCode, 503);
    t.match((await server.get('/v1/fairness')).json(), { status: 503, code: 'storage_unavailable' });
    t.match((await server.get('/v1/advice/Bob')).json(), { status: 503, code: 'storage_unavailable' });

    await engine.meddle(server.place, 'ALTER TABLE quota_windows_away RENAME TO quota_windows');
    await engine.meddle(server.place, 'ALTER TABLE snapshots_away RENAME TO snapshots');
    t.equal((await server.get('/v1/fairness')).body, before, 'the first question after it reads it again');
    t.equal((await server.get('/v1/advice/Bob')).statusCode, 404);
  });
}
