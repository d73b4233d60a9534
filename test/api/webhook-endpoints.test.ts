// Goal: what is recorded reaches the endpoints that asked for it: in order, signed, at least once, and after so many attempts no more.
import t from 'tap';
import { usage } from '../support/command.js';
import { variants } from '../support/engines.js';
import { bearer, makeKey } from '../support/keys.js';
import { alert, allDelivered, type Delivery, OutboxWorld } from '../support/outbox.js';
import { isSigned, Receiver, type Reply } from '../support/receiver.js';

const minute = 60_000;
const hour = 60 * minute;

for (const engine of variants) {
  t.test(engine.name, async (t) => {
    t.test('an endpoint gets what it asked for, in order, signed with its secret', async (t) => {
      const world = await OutboxWorld.start(t, { engine });
      const receiver = await Receiver.start(t);
      await world.alert('before');
      const { id, secret } = await world.add(`${receiver.url}/in?x=1`);
      await world.test.record(usage('Ada'), alert('one'), usage('Ada'), alert('two'));
      const found = await world.until(allDelivered(2));
      t.match(found, [
        { endpoint: id, type: 'alert.raised', attempts: 1, status: 204, error: null },
        { endpoint: id, type: 'alert.raised' },
      ]);
      t.match(receiver.bodies, [
        { type: 'alert.raised', data: { dedupe_key: 'one' }, pool: 'default', timestamp: '2026-01-05T12:00:00.000Z' },
        { type: 'alert.raised', data: { dedupe_key: 'two' } },
      ]);
      const stored = (await world.test.stored()).filter(({ type }) => type === 'alert.raised').slice(1);
      t.same(
        receiver.bodies.map(({ seq, id: event }) => [seq, event]),
        stored.map(({ seq, id: event }) => [seq, event]),
      );
      t.same(
        receiver.ids,
        stored.map(({ id: event }) => event),
        'the id of the message is that of the event',
      );
      for (const got of receiver.got) {
        t.equal(got.path, '/in?x=1');
        t.match(got.headers, { 'content-type': 'application/json', 'webhook-timestamp': '1767614400' });
        t.ok(isSigned(got, secret));
        t.notOk(isSigned({ ...got, body: `${got.body} ` }, secret));
      }
    });

    t.test(
      'attempts at their times, with the same id; then it is dead, an alert says so, and the next one is sent',
      async (t) => {
        const world = await OutboxWorld.start(t, { engine });
        const { clock } = world.test;
        const receiver = await Receiver.start(t);
        const at: number[] = [];
        receiver.answer = (got) => {
          if (!got.body.includes('"bad"')) return {};
          at.push(clock.now());
          return { status: 500, body: `no\u001b[31m ${'x'.repeat(5_000)}` };
        };
        const { id } = await world.add(receiver.url);
        const begun = clock.now();
        await world.test.record(alert('bad'), alert('good'));
        const ended = await world.until((found) => found.some(({ state }) => state === 'dead'));
        t.match(ended[0], { state: 'dead', attempts: 10, status: 500, error: 'it answered 500' });
        t.equal(ended[0]?.reply?.length, 1_024);
        t.match(ended[0]?.reply, /^no\\u001b\[31m x+$/, 'made visible');
        const waits = [
          0,
          5_000,
          5 * minute,
          30 * minute,
          2 * hour,
          5 * hour,
          10 * hour,
          14 * hour,
          20 * hour,
          24 * hour,
        ];
        let last = begun;
        for (const [i, time] of at.entries()) {
          const waited = time - last;
          const wanted = waits[i] as number;
          t.ok(waited >= wanted && waited <= wanted * 1.1, `attempt ${i + 1} after ${waited} ms, not ${wanted}`);
          last = time;
        }
        t.equal(at.length, 10);
        t.equal(new Set(receiver.ids.slice(0, 10)).size, 1);
        await world.until((found) => found.filter(({ state }) => state === 'delivered').length >= 2);
        const alerts = (await world.test.events()).filter(({ type }) => type.startsWith('alert.')).slice(2);
        t.match(alerts, [
          {
            type: 'alert.raised',
            payload: { rule: 'delivery-dead', subject: id, text: /10 attempts: it answered 500/ },
          },
          { type: 'alert.cleared', payload: { dedupe_key: `delivery-dead:${id}` } },
        ]);
      },
    );

    t.test('410 ends it until it is enabled; nothing of what comes meanwhile is lost', async (t) => {
      const world = await OutboxWorld.start(t, { engine });
      const receiver = await Receiver.start(t);
      receiver.answer = () => ({ status: 410 });
      const { id } = await world.add(receiver.url);
      await world.alert('one');
      await world.until(([first]) => first?.attempts === 1);
      await world.alert('two');
      const { endpoints } = await world.get<{ endpoints: unknown }>('webhook-endpoints');
      t.match(endpoints, [{ id, status: 'disabled', disabled_why: 'it answered 410' }]);
      receiver.answer = () => ({});
      t.match(await world.post(`webhook-endpoints/${id}/enable`), { id, status: 'on' });
      await world.until(allDelivered(4));
      t.equal(receiver.got.length, 5);
      t.match(
        receiver.bodies.map(({ data }) => (data as { dedupe_key: string }).dedupe_key),
        ['one', 'one', `delivery-dead:${id}`, 'two', `delivery-dead:${id}`],
      );
    });

    t.test('whoever is too busy says when to come again; a redirect is not followed', async (t) => {
      const world = await OutboxWorld.start(t, { engine });
      const { clock } = world.test;
      const receiver = await Receiver.start(t);
      const elsewhere = await Receiver.start(t);
      const at: number[] = [];
      receiver.answer = (_, count): Reply => {
        at.push(clock.now());
        if (count === 1) return { status: 429, headers: { 'retry-after': '600' } };
        if (count === 2) {
          const date = new Date(clock.now() + hour).toUTCString();
          return { status: 503, headers: { 'retry-after': date } };
        }
        return count === 3 ? { status: 302, headers: { location: elsewhere.url } } : {};
      };
      await world.add(receiver.url);
      await world.alert('one');
      await world.until(([first]) => first?.attempts === 3);
      t.match((await world.deliveries())[0], { state: 'waiting', status: 302, error: 'it answered 302' });
      await world.until(allDelivered(1));
      const [first = 0, second = 0, third = 0] = at;
      t.ok(second - first >= 600_000, 'seconds');
      t.ok(third - second >= hour - 1_000, 'a date');
      t.same(elsewhere.got, []);
    });

    t.test('a replay sends what ended, and what was never kept', async (t) => {
      const world = await OutboxWorld.start(t, { engine });
      const receiver = await Receiver.start(t);
      const { clock } = world.test;
      const since = new Date(clock.now()).toISOString();
      await world.alert('before the endpoint was there');
      const { id } = await world.add(receiver.url);
      await world.alert('one');
      const [first] = await world.until(allDelivered(1));
      t.same(await world.post(`webhook-deliveries/${first?.id}/replay`), { endpoints: 1 });
      await receiver.received(2);
      await world.until(allDelivered(1));
      t.equal(receiver.ids[0], receiver.ids[1]);
      t.match(await world.post('webhook-deliveries/nothing/replay'), { status: 404, code: 'delivery_unknown' });
      t.same(await world.post(`webhook-endpoints/${id}/replay`, { since }), { dead: 0 });
      await world.until(allDelivered(2));
      t.match(receiver.bodies.at(-1), { data: { dedupe_key: 'before the endpoint was there' } });
      t.equal(receiver.got.length, 3, 'what was delivered is not sent again');
    });

    t.test('an endpoint that is removed gets nothing more, and leaves nothing', async (t) => {
      const world = await OutboxWorld.start(t, { engine });
      const receiver = await Receiver.start(t);
      receiver.answer = () => ({ status: 500 });
      const { id } = await world.add(receiver.url);
      await world.alert('one');
      await world.until(([first]) => first?.attempts === 1);
      t.match(await world.post(`webhook-endpoints/${id}/remove`), { id });
      t.match(await world.post(`webhook-endpoints/${id}/remove`), { code: 'endpoint_unknown' });
      t.same(await world.deliveries(), []);
    });

    t.test('a message that waits is sent by the next process, under the same id', async (t) => {
      const place = await engine.place(t);
      const first = await OutboxWorld.start(t, { engine, place });
      const receiver = await Receiver.start(t);
      receiver.answer = (_, count) => (count === 1 ? new Promise(() => {}) : {});
      await first.add(receiver.url);
      await first.alert('one');
      await receiver.received(1);
      await first.stop();
      const second = await OutboxWorld.start(t, { engine, place });
      await second.until(allDelivered(1));
      t.equal(receiver.ids.length, 2);
      t.equal(receiver.ids[0], receiver.ids[1]);
    });

    t.test('the answer of a receiver is for administrators alone; URL and secret are for nobody', async (t) => {
      const world = await OutboxWorld.start(t, { engine });
      const receiver = await Receiver.start(t);
      receiver.answer = () => ({ status: 200, body: 'inner-secret' });
      const { id, secret } = await world.add(`${receiver.url}/token-in-path`);
      await world.alert('one');
      await world.until(allDelivered(1));
      const admin = await makeKey(world.app, { scope: 'admin' });
      const read = await makeKey(world.app, { scope: 'read' }, admin);
      const of = (key: typeof admin) => world.get<{ deliveries: Delivery[] }>('webhook-deliveries', bearer(key));
      t.match((await of(admin)).deliveries, [{ endpoint: id, reply: 'inner-secret' }]);
      const shown = (await of(read)).deliveries;
      t.match(shown, [{ endpoint: id, status: 200 }]);
      t.notOk('reply' in (shown[0] as object));
      const other = await makeKey(world.app, { scope: 'read', pool: undefined }, admin);
      t.equal((await of(other)).deliveries.length, 1);
      const list = JSON.stringify(await world.get('webhook-endpoints', bearer(admin)));
      t.match(list, `${receiver.url}/…`);
      t.notMatch(list, /token-in-path/);
      t.notMatch(list, secret);
      const log = JSON.stringify(await world.test.stored());
      t.notMatch(log, /token-in-path|inner-secret/);
    });

    t.test('what is asked for wrongly is refused, and nothing is kept', async (t) => {
      const world = await OutboxWorld.start(t, { engine });
      const refusals: [body: object, code: string][] = [
        [{ url: 'http://example.org/' }, 'url_refused'],
        [{ url: 'ftp://example.org/' }, 'url_refused'],
        [{ url: 'https://user:pass@example.org/' }, 'url_refused'],
        [{ url: `https://example.org/${'x'.repeat(3_000)}` }, 'url_refused'],
        [{ url: 'nothing' }, 'url_refused'],
        [{ url: 'http://127.0.0.1/', types: ['alert'] }, 'invalid_field'],
        [{ url: 'http://127.0.0.1/', types: [] }, 'invalid_field'],
        [{ url: 'http://127.0.0.1/', format: 'xml' }, 'invalid_field'],
        [{ url: 'http://127.0.0.1/', pool: 'none' }, 'pool_unknown'],
      ];
      for (const [body, code] of refusals)
        t.match(await world.post('webhook-endpoints', body), { code }, JSON.stringify(body));
      t.same(await world.get('webhook-endpoints'), { endpoints: [] });
      t.same(await world.deliveries(), []);
    });

    t.test('a test is sent at once, and says what came of it', async (t) => {
      const world = await OutboxWorld.start(t, { engine });
      const receiver = await Receiver.start(t);
      const { id, secret } = await world.add(receiver.url);
      t.match(await world.post(`webhook-endpoints/${id}/test`), { arrived: true, status: 204, error: null });
      t.match(receiver.bodies, [{ type: 'test', seq: 0 }]);
      t.ok(isSigned(receiver.got[0] as never, secret));
      receiver.answer = () => ({ status: 400, body: 'what?' });
      t.match(await world.post(`webhook-endpoints/${id}/test`), { arrived: false, status: 400, reply: 'what?' });
    });
  });
}
