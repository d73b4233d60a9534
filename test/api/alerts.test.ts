// Goal: an alert is one, from raised to cleared, on every surface: people see it, say that they have, and it stays until its cause
// is gone. A restart and a rebuild change nothing of it.
import t from 'tap';
import type { Command } from '../../src/events/command.js';
import { command, usage } from '../support/command.js';
import { minutes } from '../support/fold.js';
import { pool } from '../support/ledger.js';
import { testServer } from './support.js';

interface Alert {
  readonly id: string;
  readonly rule: string;
  readonly acknowledged_at: string | null;
}

const raise = (key: string): Command =>
  command('alert.raised', {
    rule: 'leak',
    subject: `pipe <b>${key}</b>`,
    text: `it drips from ${key}`,
    dedupe_key: key,
  });

t.test('open alerts are listed, the newest first, and counted', async (t) => {
  const server = await testServer(t);
  t.strictSame((await server.get('/v1/alerts')).json(), { pool: 'default', alerts: [] });
  t.match((await server.get('/health')).json(), { alerts: { open: 0, unacknowledged: 0 } });
  const [first] = await server.record(raise('a'));
  server.clock.advance(minutes(5));
  await server.record(raise('b'), raise('a'));
  const { alerts } = (await server.get('/v1/alerts')).json<{ alerts: Alert[] }>();
  t.strictSame(
    alerts.map(({ id }) => id),
    [`a${(first?.seq ?? 0) + 1}`, `a${first?.seq}`],
  );
  t.strictSame(alerts[1], {
    id: `a${first?.seq}`,
    rule: 'leak',
    subject: 'pipe <b>a</b>',
    text: 'it drips from a',
    raised_at: '2026-01-05T12:00:00.000Z',
    acknowledged_at: null,
  });
  t.match((await server.get('/health')).json(), { alerts: { open: 2, unacknowledged: 2 } });
  await server.record(command('alert.cleared', { dedupe_key: 'a' }));
  t.match((await server.get('/v1/alerts')).json<{ alerts: Alert[] }>().alerts.length, 1);
  t.match((await server.get('/v1/alerts?pool=nobody')).json(), { code: 'pool_unknown' });
});

t.test('one is acknowledged once, with a reason, and stays open', async (t) => {
  const server = await testServer(t);
  const [raised] = await server.record(raise('a'));
  const id = `a${raised?.seq}`;
  server.clock.advance(minutes(5));
  const answer = await server.post(`/v1/alerts/${id}/ack`, { reason: 'a plumber comes' });
  t.equal(answer.statusCode, 200);
  t.match(answer.json(), { id, pool: 'default', acknowledged_at: '2026-01-05T12:05:00.000Z' });
  t.match((await server.get('/health')).json(), { alerts: { open: 1, unacknowledged: 0 } });
  server.clock.advance(minutes(5));
  const again = await server.post(`/v1/alerts/${id}/ack`, {});
  t.match(again.json(), { acknowledged_at: '2026-01-05T12:05:00.000Z' }, 'the first time counts');
  const recorded = (await server.events()).filter(({ type }) => type === 'alert.acknowledged');
  t.match(recorded, [{ payload: { dedupe_key: 'a', reason: 'a plumber comes' }, source: 'alerts/1' }]);
  t.equal(recorded.length, 1);
});

t.test('what is no open alert, or no acknowledgement, is refused', async (t) => {
  const server = await testServer(t);
  const [raised] = await server.record(raise('a'));
  const [other] = await server.record(usage('Ada'));
  const ack = (id: string, body: object = {}) => server.post(`/v1/alerts/${id}/ack`, body);
  for (const id of [
    `a${(other?.seq ?? 0) + 50}`,
    `a${other?.seq}`,
    'a',
    `${raised?.seq}`,
    'a1e1',
    '%20',
    'a'.repeat(2_000),
  ])
    t.match((await ack(id)).json(), { status: 404, code: 'alert_unknown' }, id.slice(0, 20));
  t.match((await ack(`a${raised?.seq}`, { because: 'x' })).json(), { code: 'invalid_field' });
  t.match((await ack(`a${raised?.seq}`, { reason: 'x'.repeat(1_001) })).json(), { code: 'invalid_field' });
  await server.record(command('alert.cleared', { dedupe_key: 'a' }));
  t.match((await ack(`a${raised?.seq}`)).json(), { code: 'alert_unknown' }, 'it is cleared');
  await server.record(raise('a'));
  t.match((await ack(`a${raised?.seq}`)).json(), { code: 'alert_unknown' }, 'raised again, it is another one');
});

t.test('the dashboard shows what is open, whatever is in it, and how many more there are', async (t) => {
  const server = await testServer(t);
  t.notMatch((await server.get('/dashboard')).body, /Open alerts/);
  const [raised] = await server.record(raise('a'));
  const page = (await server.get('/dashboard')).body;
  t.match(page, /<h2>Open alerts<\/h2>/);
  t.match(page, /pipe &lt;b&gt;a&lt;\/b&gt;<\/bdi><\/b> it drips from a/);
  t.match(page, new RegExp(`>a${raised?.seq}</a>, leak, now<`));
  await server.post(`/v1/alerts/a${raised?.seq}/ack`, {});
  t.match((await server.get('/dashboard')).body, /leak, now, seen</);
  for (let i = 0; i < 25; i += 1) await server.record(raise(`k${i}`));
  const full = (await server.get('/dashboard')).body;
  t.equal(full.match(/it drips from/g)?.length, 20);
  t.match(full, /<a href="\/alerts">6 more<\/a>/);
});

t.test('what is open, and what was cleared when, outlives a restart and a fold of the whole log', async (t) => {
  const server = await testServer(t);
  await server.record(raise('a'), raise('b'), command('alert.acknowledged', { dedupe_key: 'b' }), raise('c'));
  await server.record(command('alert.cleared', { dedupe_key: 'c' }));
  const before = (await server.get('/v1/alerts')).json();
  const cleared = [...server.ledger.state(pool).alertsCleared];
  t.equal(cleared.length, 1);
  await server.app.close();
  await server.close();
  const later = await testServer(t, { place: server.place, clock: server.clock });
  t.strictSame((await later.get('/v1/alerts')).json(), before);
  t.strictSame([...later.ledger.state(pool).alertsCleared], cleared);
  t.match(await later.replay({ check: true }), { identical: true });
});

t.test(
  'what is raised after a cooldown is not raised within an hour of its clearing; what a person sends is',
  async (t) => {
    const server = await testServer(t);
    const careful = (key: string): Command => ({ ...raise(key), afterCooldown: true }) as Command;
    const open = () => server.ledger.state(pool).alerts.size;
    await server.record(careful('a'), command('alert.cleared', { dedupe_key: 'a' }), careful('a'));
    t.equal(open(), 0);
    server.clock.advance(minutes(60) - 1);
    await server.record(careful('a'));
    t.equal(open(), 0, 'a moment before the hour is over');
    server.clock.advance(1);
    await server.record(careful('a'));
    t.equal(open(), 1);
    await server.record(command('alert.cleared', { dedupe_key: 'a' }), raise('a'));
    t.equal(open(), 1);
  },
);
