// Goal: the tree that is kept beside a log is the tree of its chain hashes: as it grows, archived or not, and after it was lost or the
// log was another one.
import t from 'tap';
import type { Engine } from '../../src/engines/engine.js';
import type { EpochMs } from '../../src/events/scalars.js';
import type { Ledger } from '../../src/ledger/ledger.js';
import { limits } from '../../src/limits.js';
import { leafHash, nodeHash } from '../../src/trust/hashing.js';
import { consistencyProof, inclusionProof, isConsistent, isIncluded, rootOf } from '../../src/trust/tree.js';
import { extendTree, storedNodes, storedSize, treeInMemory } from '../../src/trust/tree-log.js';
import { usage } from '../support/command.js';
import { type Variant, variants } from '../support/engines.js';
import { minutes } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { pool, temporaryLedger } from '../support/ledger.js';

const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');

async function world(t: Scope, engine: Variant) {
  const test = await temporaryLedger(t, { engine });
  const { ledger, clock } = test;
  const store = ledger.treeStore;
  return {
    ...test,
    ledger,
    store,
    place: test.place,
    clock,
    use: async (count: number) => {
      clock.advance(minutes(1));
      await ledger.submit(pool, { commands: Array.from({ length: count }, () => usage('Ada', { cost_micro_usd: 1 })) });
    },
    extend: () => extendTree(store, clock, pool),
    storedRoot: async (size: number) => hex(await rootOf(storedNodes(store, pool), size)),
  };
}

/** From the events themselves. */
async function expectedRoot(ledger: Ledger, size: number): Promise<string> {
  const events = await ledger.readStored(pool, { upTo: size, limit: size });
  const leaves = events.map(({ hash }) => leafHash(Buffer.from(hash, 'hex')));
  const nodeAt = (level: number, index: number): Uint8Array =>
    level === 0 ? (leaves[index] as Buffer) : nodeHash(nodeAt(level - 1, index * 2), nodeAt(level - 1, index * 2 + 1));
  return hex(await rootOf(nodeAt, size));
}

for (const variant of variants) {
  t.test(variant.name, async (t) => {
    t.test('the root of a full segment is a node of it', async (t) => {
      const { ledger, store, clock, use, extend } = await world(t, variant);
      for (let sent = 0; sent < 9_000; sent += 1_000) await use(1_000);
      clock.advance(minutes(1));
      const segments = [];
      for await (const segment of ledger.archive(pool, clock.now() as EpochMs)) segments.push(segment);
      await extend();
      const [full] = segments;
      t.equal(full?.last.seq, limits.segmentEventsMax);
      t.equal(full?.merkleRoot, hex(await storedNodes(store, pool)(Math.log2(limits.segmentEventsMax), 0)));
    });

    t.test('it grows with the log, and stays the same when events are archived', async (t) => {
      const { ledger, store, clock, use, extend, storedRoot } = await world(t, variant);
      t.equal(await extend(), (await ledger.head(pool)).seq);
      await use(300);
      const first = await extend();
      t.equal(first, (await ledger.head(pool)).seq, 'all of the log is in it');
      t.equal(await extend(), first, 'and nothing else');
      t.equal(await storedRoot(first), await expectedRoot(ledger, first));
      const before = await storedRoot(first);
      await use(400);
      for await (const _ of ledger.archive(pool, (clock.now() - 1) as EpochMs));
      const size = await extend();
      t.equal(await storedSize(store, pool), size);
      t.equal(await storedRoot(size), await expectedRoot(ledger, size));
      t.equal(await storedRoot(first), before, 'what was proved by it stays proved');
      const memory = await treeInMemory(store, pool, size);
      t.equal(hex(await rootOf(memory.nodes, size)), await storedRoot(size), 'segments and rows give the same');
      const nodes = storedNodes(store, pool);
      const root = await rootOf(nodes, size);
      const old = { size: first, root: await rootOf(nodes, first) };
      t.ok(isConsistent(old, { size, root }, await consistencyProof(nodes, first, size)));
      const event = await ledger.eventAt(pool, 77);
      const leaf = leafHash(Buffer.from(event?.hash ?? '', 'hex'));
      t.ok(isIncluded(leaf, 76, size, await inclusionProof(nodes, 76, size), root));
    });

    t.test('it is built again where it is gone, or of another log', async (t) => {
      const { store, use, place, extend, storedRoot } = await world(t, variant);
      await use(600);
      const size = await extend();
      const root = await storedRoot(size);
      await store.operations.dropTiles(pool);
      t.equal(await storedSize(store, pool), 0);
      t.equal(await extend(), size);
      t.equal(await storedRoot(size), root);
      const zeros = variant.name === 'sqlite' ? 'zeroblob(32)' : `'\\x${'00'.repeat(32)}'`;
      await variant.meddle(place, `UPDATE events SET hash = ${zeros} WHERE seq = ${size}`);
      t.equal(await extend(), size);
      t.not(await storedRoot(size), root, 'the tree is of the log as it is');
    });

    t.test('a shorter tile takes nothing from a longer one', async (t) => {
      const { store, use, extend, storedRoot } = await world(t, variant);
      await use(5);
      const size = await extend();
      const root = await storedRoot(size);
      await store.operations.saveTiles(pool, [{ level: 0, index: 0, hashes: Buffer.alloc(32) }]);
      t.equal(await storedRoot(size), root);
    });

    t.test('two at once build the same', async (t) => {
      const { store, use, clock, place, extend, storedRoot } = await world(t, variant);
      await use(900);
      if (variant.name === 'sqlite') return;
      const second: Engine = await variant.open(place);
      t.teardown(() => second.close());
      await Promise.all([extend(), extendTree(second, clock, pool)]);
      const size = await extend();
      const memory = await treeInMemory(store, pool, size);
      t.equal(await storedRoot(size), hex(await rootOf(memory.nodes, size)));
    });
  });
}
