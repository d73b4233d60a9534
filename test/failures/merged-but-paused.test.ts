// Goal: when two identities become one, the stricter pause holds and the answer says so; and nobody's share vanishes by being
// merged into one that has none.
import t from 'tap';
import { type TestServer, testServer } from '../api/support.js';
import { noon } from '../support/fold.js';

const hour = 3_600_000;
/** As the original wire writes it. */
const wired = (at: number) => new Date(at).toISOString().replace('Z', '+00:00');
const two = async (t: Parameters<typeof testServer>[0]): Promise<TestServer> => {
  const server = await testServer(t);
  for (const name of ['Ada', 'Bob']) await server.send('usage.recorded', { name, mode: 'autonomy', cost_micro_usd: 5 });
  return server;
};
const merge = (server: TestServer) =>
  server.post('/v1/events', { type: 'identity.merged', key: 'm', payload: { from: 'Bob', into: 'Ada' } });
const status = async (server: TestServer) => (await server.get('/pause-status?claude_name=Ada')).json();

t.test('the pause of the one that is merged goes along, and a retry says so again', async (t) => {
  const server = await two(t);
  await server.send('agent.paused', { name: 'Bob', until: noon + 2 * hour, reason: 'maintenance' });
  const merged = (await merge(server)).json();
  t.match(merged, { status: 'recorded', notes: [/^Ada is paused now, until .*, as Bob was/] });
  t.match(await status(server), { paused: true, pause_until: wired(noon + 2 * hour) });
  t.match((await merge(server)).json(), { status: 'repeated', seq: merged.seq, notes: merged.notes });
  t.match(await server.ledger.query('SELECT name, paused FROM claude_identities ORDER BY name'), [
    { name: 'Ada', paused: 1 },
    { name: 'Bob' },
  ]);
  t.match((await server.replay()) as object, {});
});

const cases: [string, string | undefined | null, string | undefined | null, string | undefined | null][] = [
  ['a later end wins', '3', '2', '3'],
  ['an earlier end does not', '2', '3', '3'],
  ['an end that is open wins', undefined, '3', undefined],
  ['an end that is open stays', '3', undefined, undefined],
  ['a pause that ran out is none', '0', null, null],
];
for (const [name, from, into, holds] of cases) {
  t.test(name, async (t) => {
    const server = await two(t);
    const untilOf = (hours: string | undefined) =>
      hours === undefined ? {} : { until: noon + Number(hours) * hour + 1_000 };
    if (into !== null) await server.send('agent.paused', { name: 'Ada', ...untilOf(into) });
    if (from !== null) await server.send('agent.paused', { name: 'Bob', ...untilOf(from) });
    server.clock.advance(5_000);
    const { notes } = (await merge(server)).json();
    t.equal(notes !== undefined, holds === from && from !== into && from !== null, 'it is said where something moved');
    if (holds === null) return t.match(await status(server), { paused: false });
    const end = holds === undefined ? null : wired(noon + Number(holds) * hour + 1_000);
    return t.match(await status(server), { paused: true, pause_until: end });
  });
}

t.test('an active one is not merged into one without a share', async (t) => {
  const server = await two(t);
  await server.send('identity.retired', { name: 'Ada' });
  t.match((await merge(server)).json(), { status: 409, code: 'merge_without_share', remedy: /reinstate/ });
  await server.send('identity.reinstated', { name: 'Ada' });
  await server.send('identity.changed', { name: 'Ada', status: 'quarantined' });
  t.match((await merge(server)).json(), { status: 409, code: 'merge_without_share' });
  await server.send('identity.changed', { name: 'Ada', status: 'confirmed' });
  t.equal((await merge(server)).statusCode, 201, 'the key is free: a refusal is not kept');
});

t.test('one that left may be merged into another that left', async (t) => {
  const server = await two(t);
  for (const name of ['Ada', 'Bob']) await server.send('identity.retired', { name });
  t.equal((await merge(server)).statusCode, 201);
});
