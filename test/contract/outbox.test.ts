// Goal: what the outbox keeps is out of reach of queries and other accounts, and of several processes one sends each message, in order.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openEngine } from '../../src/engines/open.js';
import { checkpointSink } from '../../src/outbox/checkpoint-sink.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { variants } from '../support/engines.js';
import { alert, allDelivered, OutboxWorld } from '../support/outbox.js';
import { queryOnce } from '../support/postgres-server.js';
import { Receiver } from '../support/receiver.js';

for (const variant of variants) {
  t.test(variant.name, async (t) => {
    t.test('nothing is made before there is an endpoint', async (t) => {
      const place = await variant.place(t);
      const world = await OutboxWorld.start(t, { engine: variant, place });
      await world.alert('one');
      t.same(await world.outbox.list(), []);
      if (variant.name === 'sqlite') t.notOk(statSync(join(place, 'outbox.db'), { throwIfNoEntry: false }));
      else
        t.same(await queryOnce(place, "SELECT to_regnamespace('resource_share_outbox') AS there"), [{ there: null }]);
    });

    t.test('no query of the tables, and no other account, gets at them', async (t) => {
      const place = await variant.place(t, { calm: true });
      const world = await OutboxWorld.start(t, { engine: variant, place });
      await world.add('http://127.0.0.1:9/secret-path');
      for (const table of ['endpoints', 'deliveries', 'outbox.endpoints'])
        await t.rejects(world.test.ledger.query(`SELECT * FROM ${table}`), table);
      if (variant.name === 'sqlite') {
        for (const name of ['outbox.db', 'outbox.db-wal', 'outbox.db-shm'])
          t.equal(statSync(join(place, name)).mode & 0o777, 0o600, name);
        return;
      }
      const rights = `SELECT has_schema_privilege('pg_read_all_settings', 'resource_share_outbox', 'USAGE') AS used,
        has_table_privilege('pg_read_all_settings', 'resource_share_outbox.endpoints', 'SELECT') AS read`;
      t.same(await queryOnce(place, rights), [{ used: false, read: false }]);
    });

    t.test('what was read of the log is kept once, whoever reads it', async (t) => {
      const engine = await openEngine(await variant.place(t), 'writer', { inline: true });
      t.teardown(() => engine.close());
      const { outbox } = engine;
      const own = { url: 'https://x.example', secret: '', types: [], pool: null, format: 'json', label: null } as const;
      const off = { disabledAt: null, disabledWhy: null };
      await outbox.addEndpoint({ ...own, ...off, id: 'ep_1', createdAt: 1 }, new Map([['default', 5]]));
      const times = { dueAt: 1, createdAt: 1 };
      const delivery = (id: string) =>
        ({ endpoint: 'ep_1', id, kind: 'event', pool: 'default', seq: 6, type: 'x', body: '{}', ...times }) as const;
      t.equal(await outbox.keep('ep_1', 'default', 5, 7, [delivery('a'), delivery('b')]), true);
      t.equal(await outbox.keep('ep_1', 'default', 5, 7, [delivery('c')]), false, 'another has read on');
      t.equal(await outbox.keep('ep_2', 'default', 0, 7, [delivery('d')]), false, 'no such endpoint');
      t.same(await outbox.positions('ep_1'), new Map([['default', 7]]));
      t.equal(await outbox.waiting('ep_1'), 2);
      const first = (await outbox.next('ep_1')) as NonNullable<Awaited<ReturnType<typeof outbox.next>>>;
      t.equal(first.id, 'a');
      const outcome = { state: 'delivered', dueAt: 2, status: 200, error: null, reply: '', triedAt: 2 } as const;
      t.equal(await outbox.attempted(first, outcome), true);
      t.equal(
        await outbox.attempted(first, { ...outcome, state: 'dead' }),
        false,
        'a process that slept changes nothing',
      );
      t.equal((await outbox.next('ep_1'))?.id, 'b');
      await outbox.prune(2, 2, 10);
      t.same(
        (await outbox.deliveries({ limit: 9 })).map(({ id }) => id),
        ['b'],
        'what waits is not forgotten',
      );
    });

    t.test('a signed checkpoint is a message, once', async (t) => {
      const world = await OutboxWorld.start(t, { engine: variant });
      const receiver = await Receiver.start(t);
      const { id } = await world.add(receiver.url);
      const sink = checkpointSink(world.outbox, id);
      const checkpoint = { origin: 'resource-share/01/default', size: 9, root: new Uint8Array(32), head: '', time: 0 };
      const take = () => sink.take(checkpoint, 'the note', async () => []);
      for (const _ of [1, 2]) t.equal(await take(), '');
      await world.until(allDelivered(1));
      t.match(receiver.bodies, [{ type: 'checkpoint.signed', seq: 9, data: { size: 9, note: 'the note' } }]);
      t.equal(receiver.got.length, 1);
      await t.rejects(
        checkpointSink(world.outbox, 'ep_0').take(checkpoint, '', async () => []),
        { code: 'endpoint_unknown' },
      );
    });

    if (variant.name !== 'postgres') return;
    t.test('three nodes on one server', async (t) => {
      const place = await variant.place(t);
      const receiver = await Receiver.start(t);
      const nodes = [];
      for (let i = 0; i < 3; i += 1) nodes.push(await OutboxWorld.start(t, { engine: variant, place }));
      const [first] = nodes as [OutboxWorld];
      await first.add(receiver.url);
      for (let i = 0; i < 20; i += 1) await first.test.record(alert(`alert ${i}`));
      while (receiver.got.length < 20 || !allDelivered(20)(await first.deliveries())) {
        for (const { test } of nodes) test.clock.advance(10);
        await nextTurn();
      }
      const alerts = (await first.test.stored()).filter(({ type }) => type === 'alert.raised');
      t.same(
        receiver.ids,
        alerts.map(({ id }) => id),
        'each once, in order',
      );
    });
  });
}
