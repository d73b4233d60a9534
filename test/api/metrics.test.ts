/**
 * Goal: a scrape tells what happened, by names that Prometheus takes, for no more identities than are to have a name; it needs no
 * storage that answers, and nobody who appends waits for it.
 */
import t, { type Test } from 'tap';
import { limits } from '../../src/limits.js';
import { variants } from '../support/engines.js';
import { minutes } from '../support/fold.js';
import { bearer, makeKey } from '../support/keys.js';
import { familiesIn, promtool, samplesIn, withoutPromtool } from '../support/metrics.js';
import { allDelivered, OutboxWorld } from '../support/outbox.js';
import { Receiver } from '../support/receiver.js';
import { listeningServer, type TestServer, testServer } from './support.js';

/** What there is to be, of this program. */
const names = [
  'events_appended_total',
  'append_duration_seconds',
  'batch_events',
  'queue_commands',
  'queue_refused_total',
  'projection_lag_events',
  'replay_progress_ratio',
  'window_used_ratio',
  'window_resets_timestamp_seconds',
  'reading_age_seconds',
  'identity_share_ratio',
  'identity_use_dollars_total',
  'identity_interval_seconds',
  'turns_open',
  'turns_total',
  'jobs',
  'job_duration_seconds',
  'job_lease_expiries_total',
  'sweep_removed_total',
  'webhook_deliveries_total',
  'alerts_open',
  'wal_bytes',
  'data_bytes',
  'disk_free_bytes',
  'backup_last_success_timestamp_seconds',
  'checkpoint_last_timestamp_seconds',
  'build_info',
].map((name) => `resource_share_${name}`);

const textOf = async (server: TestServer) => {
  const response = await server.get('/metrics');
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.body;
};
const scrape = async (server: TestServer) => samplesIn(await textOf(server));

const use = (name: string, dollars: number, more: object = {}) => ({
  name,
  mode: 'autonomy',
  cost_micro_usd: dollars * 1_000_000,
  ...more,
});

for (const engine of variants) {
  t.test(engine.name, async (t) => {
    await t.test('what happened is counted', async (t) => counted(t, await testServer(t, { engine })));
  });
}

async function counted(t: Test, server: TestServer): Promise<void> {
  const before = await scrape(server);
  const resets_at = server.clock.now() + minutes(60);
  const windows = [{ key: 'session_5hour', percent_bp: 4_000, resets_at }];
  const occurred_at = server.clock.now() - minutes(2);
  await server.send('quota.read', { windows, source: 'usage-text/1' }, { occurred_at });
  const taken = await server.send('usage.recorded', use('Ada', 2));
  await server.send('usage.recorded', use('Ada', 0.5, { mode: 'collaboration' }));
  await server.send('usage.recorded', use('Bob', 1));
  const granted = await server.post('/v1/turns', { name: 'Ada', ttl_s: 60 });
  await server.post('/v1/turns', { name: 'Bob', ttl_s: 600 });
  const { turn, token } = granted.json<{ turn: string; token: number }>();
  await server.post(`/v1/turns/${turn}/settle`, { token, usage: { cost_micro_usd: 250_000 } });
  await server.send('alert.raised', { rule: 'made-up', subject: 'x', text: 'x', dedupe_key: 'x' });

  const after = await scrape(server);
  const of = (series: string) => after.get(`resource_share_${series}`);
  const grew = (series: string) => (of(series) ?? 0) - (before.get(`resource_share_${series}`) ?? 0);
  t.equal(grew('events_appended_total{pool="default"}'), (await server.stored()).length - 1);
  t.equal(grew('append_duration_seconds_count'), 8, 'one for each submission');
  t.equal(of('append_duration_seconds_bucket{le="+Inf"}'), of('append_duration_seconds_count'));
  t.equal(of('batch_events_sum'), (await server.stored()).length);
  t.equal(of('identity_use_dollars_total{pool="default",identity="Ada",mode="autonomy"}'), 2.25);
  t.equal(of('identity_use_dollars_total{pool="default",identity="Ada",mode="collaboration"}'), 0.5);
  t.equal(of('identity_use_dollars_total{pool="default",identity="Bob",mode="autonomy"}'), 1);
  t.equal(of('identity_share_ratio{pool="default",identity="Ada"}'), 0.5);
  const { identities } = (await server.get('/v1/fairness')).json();
  const told = identities.find(({ name }: { name: string }) => name === 'Ada').interval_s;
  t.equal(of('identity_interval_seconds{pool="default",identity="Ada"}'), told);
  t.equal(of('turns_open{pool="default"}'), 1);
  t.equal(of('turns_total{pool="default",outcome="granted"}'), 2);
  t.equal(of('turns_total{pool="default",outcome="settled"}'), 1);
  t.equal(of('alerts_open{pool="default",rule="made-up"}'), 1);
  t.equal(of('reading_age_seconds{pool="default",source="usage-text"}'), 120);
  t.equal(of('window_resets_timestamp_seconds{pool="default",window="session_5hour"}'), resets_at / 1_000);
  const used = of('window_used_ratio{pool="default",window="session_5hour"}') ?? 0;
  t.ok(used > 0.35 && used < 0.6, `${used} is about the 40 % that were read`);
  t.ok((of('data_bytes') ?? 0) > 0);
  t.equal(of('projection_lag_events{pool="default"}'), 0);

  await server.send('usage.corrected', { corrects: taken.id, difference: { cost_micro_usd: -2_000_000 }, reason: 'r' });
  const ada = 'identity_use_dollars_total{pool="default",identity="Ada",mode="autonomy"}';
  t.equal((await scrape(server)).get(`resource_share_${ada}`), 2.25, 'a counter never goes back');
  await server.send('usage.recorded', use('Ada', 3));
  t.equal((await scrape(server)).get(`resource_share_${ada}`), 3.25, 'and goes on from where the ledger is');

  server.clock.advance(601_000);
  await server.ledger.expireTurns();
  const later = await scrape(server);
  t.equal(later.get('resource_share_turns_total{pool="default",outcome="expired"}'), 1);
  t.equal(later.get('resource_share_turns_open{pool="default"}'), 0);
}

t.test('names are those that are promised, and Prometheus takes them', async (t) => {
  const server = await testServer(t);
  await server.send('usage.recorded', use('Ada', 1));
  const response = await server.get('/metrics');
  t.equal(response.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const found = familiesIn(response.body);
  t.same(
    found.filter((name) => name.startsWith('resource_share_')),
    names,
  );
  for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds'])
    t.ok(found.includes(name), name);
  t.ok(found.length < names.length + 12, 'not all of what the library would tell of the process');
  await t.test('promtool finds nothing to say', { skip: withoutPromtool }, async (t) => {
    t.same(promtool(['check', 'metrics'], response.body), { status: 0, said: '' });
    const wrong = response.body.replaceAll('queue_refused_total', 'queueRefused');
    t.not(promtool(['check', 'metrics'], wrong).said, '', 'it would');
  });
});

t.test('the same as JSON', async (t) => {
  const server = await testServer(t);
  await server.send('usage.recorded', use('Ada', 1));
  const text = await textOf(server);
  const { at, metrics } = (await server.get('/metrics.json')).json();
  t.equal(at, server.clock.now());
  t.same(
    metrics.map(({ name }: { name: string }) => name),
    familiesIn(text),
  );
  const shares = metrics.find(({ name }: { name: string }) => name === 'resource_share_identity_share_ratio');
  t.match(shares, {
    type: 'gauge',
    samples: [
      { series: 'resource_share_identity_share_ratio', labels: { pool: 'default', identity: 'Ada' }, value: 1 },
    ],
  });
});

t.test('of many identities some have a name, and keep it', async (t) => {
  const server = await testServer(t, { newcomersPerHour: 1_000 });
  const registered = Array.from({ length: limits.metricIdentitiesMax + 30 }, (_, i) => ({
    type: 'identity.registered',
    payload: { name: i === 7 ? 'other' : `agent-${i}` },
  }));
  await server.post('/v1/events', registered);
  await server.send('usage.recorded', use('agent-229', 5));
  await server.send('usage.recorded', use('other', 4));
  const shares = [...(await scrape(server))].filter(([series]) => series.includes('identity_share_ratio'));
  t.equal(shares.length, limits.metricIdentitiesMax, 'the one called `other` is shown with the others');
  t.ok(
    shares.some(([series]) => series.includes('"agent-229"')),
    'whoever uses most has a name',
  );
  const sum = shares.reduce((all, [, value]) => all + value, 0);
  t.ok(Math.abs(sum - 1) < 1e-9, `the shares are all there: ${sum}`);

  const named = new Set(shares.map(([series]) => series));
  const nameless = registered.map(({ payload }) => payload.name).find((name) => !named.has(seriesOf(name)));
  await server.send('usage.recorded', use(nameless as string, 50));
  await server.send('usage.recorded', use('agent-229', 1));
  const later = await scrape(server);
  t.notOk(later.has(seriesOf(nameless as string)), 'who comes later waits for a restart');
  t.equal(later.get('resource_share_identity_use_dollars_total{pool="default",identity="other",mode="autonomy"}'), 50);
  t.equal(
    later.get('resource_share_identity_use_dollars_total{pool="default",identity="agent-229",mode="autonomy"}'),
    1,
    'use is counted from the first scrape on',
  );
});

const seriesOf = (name: string) => `resource_share_identity_share_ratio{pool="default",identity="${name}"}`;

t.test('what is refused because too many wait is counted', async (t) => {
  const server = await testServer(t);
  const command = { type: 'usage.recorded', payload: use('Ada', 1), actor: 'test', source: 'test/1' } as never;
  const many = (count: number) => ({ commands: new Array(count).fill(command) });
  const held = server.ledger.submit('default' as never, many(limits.queueCommandsMax));
  await t.rejects(server.ledger.submit('default' as never, many(3)), { code: 'queue_full' });
  await held;
  t.equal((await scrape(server)).get('resource_share_queue_refused_total'), 3);
});

t.test('deliveries are counted by endpoint, and one that is gone is not shown', async (t) => {
  const receiver = await Receiver.start(t);
  receiver.answer = (_got, count) => ({ status: count === 1 ? 500 : 204 });
  const world = await OutboxWorld.start(t);
  const { id } = await world.add(receiver.url);
  await world.alert('one');
  await world.until(allDelivered(1));
  const of = async () =>
    [...samplesIn((await world.app.inject('/metrics')).body)].filter(([series]) => series.includes('webhook'));
  const series = (outcome: string) => `resource_share_webhook_deliveries_total{endpoint="${id}",outcome="${outcome}"}`;
  const all = [
    [series('delivered'), 1],
    [series('failed'), 1],
    [series('dead'), 0],
  ];
  t.same(await of(), all);
  await world.outbox.remove(id);
  t.same(await of(), []);
});

t.test('a storage that does not answer is no reason not to', async (t) => {
  const { url, test } = await listeningServer(t);
  const { ledger } = test;
  await fetch(`${url}/metrics`);
  const never = () => new Promise<never>(() => undefined);
  Object.assign(ledger, { query: never, statistics: never, heads: never, head: never });
  const asked = fetch(`${url}/metrics`).then((answer) => answer.text());
  const waited = test.clock;
  for (let text = ''; text === ''; ) {
    waited.advance(limits.storageAnswerMsMax);
    text = await Promise.race([asked, new Promise<string>((resolve) => setImmediate(resolve, ''))]);
    if (text === '') continue;
    t.match(text, /^resource_share_queue_commands 0$/m);
    t.notMatch(text, /^resource_share_projection_lag_events\{/m, 'what it would have to say is left out');
  }
});

t.test('this machine needs no key before there are any, and a key must be one to read with', async (t) => {
  const server = await testServer(t);
  t.equal((await server.get('/metrics')).statusCode, 200);
  const admin = await makeKey(server.app, { scope: 'admin' });
  const reader = await makeKey(server.app, { scope: 'read' }, admin);
  const reporter = await makeKey(server.app, { scope: 'ingest' }, admin);
  t.equal((await server.get('/metrics', bearer(reader))).statusCode, 200);
  const refused = await server.get('/metrics.json', bearer(reporter));
  t.match(refused.json(), { status: 403, code: 'scope_missing' });
  const forwarded = await server.get('/metrics', { 'x-forwarded-for': '192.0.2.1' });
  t.match(forwarded.json(), { status: 401, code: 'key_required' });
});
