// Goal: in however many ranges and threads a chain is walked, what is found wrong is what one walk from end to end would find.
import t from 'tap';
import { type Engine, noLookups } from '../../src/engines/engine.js';
import { genesisHash } from '../../src/events/chain.js';
import type { Head } from '../../src/events/envelope.js';
import type { PoolId } from '../../src/events/scalars.js';
import { StorageError } from '../../src/storage-error.js';
import { walkChain } from '../../src/verify/chain-walk.js';
import { walkOf } from '../../src/verify/walk-ranges.js';
import { WalkThread } from '../../src/verify/walk-thread.js';
import { type Variant, variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { follow } from '../support/sealed.js';

const pool = 'default' as PoolId;
const nothing = noLookups;
const events = 1_000;
const rangeEvents = 100;

const changed = (seq: number) => ({
  does: `UPDATE events SET source = 'test/2' WHERE seq = ${seq}`,
  undo: `UPDATE events SET source = 'test/1' WHERE seq = ${seq}`,
});
const removed = (where: string) => ({
  does: `CREATE TABLE kept AS SELECT * FROM events WHERE ${where}; DELETE FROM events WHERE ${where}`,
  undo: 'INSERT INTO events SELECT * FROM kept; DROP TABLE kept',
});

/** Rows begin after event 150: ranges end with 250, 350 and so on. */
const cases = [
  ...[151, 250, 251, 300, 449, 999, events].map((seq) => ({ name: `event ${seq} is changed`, seq, ...changed(seq) })),
  ...[151, 250, 251, 300, 999].map((seq) => ({ name: `event ${seq} is removed`, seq, ...removed(`seq = ${seq}`) })),
  { name: 'a range is removed', seq: 351, ...removed('seq BETWEEN 351 AND 450') },
  { name: 'all from the end of a range on is removed', seq: 450, ...removed('seq >= 450') },
  { name: 'all from the beginning of a range on is removed', seq: 451, ...removed('seq >= 451') },
  { name: 'the newest event is removed', seq: events, ...removed(`seq = ${events}`) },
  { name: 'every range has a break', seq: 200, ...removed('seq % 100 = 0') },
  {
    name: 'a late range has a break at its beginning, an early one at its end',
    seq: 350,
    does: `${changed(851).does}; ${changed(350).does}`,
    undo: `${changed(851).undo}; ${changed(350).undo}`,
  },
  {
    name: 'a segment and a range are broken',
    seq: 61,
    does: `UPDATE segments SET events = 91 WHERE first_seq = 61; ${changed(500).does}`,
    undo: `UPDATE segments SET events = 90 WHERE first_seq = 61; ${changed(500).undo}`,
  },
];

async function filled(engine: Engine): Promise<Head> {
  await engine.createPool(pool, noon);
  const start: Head = { seq: 0, id: null, hash: genesisHash, recorded_at: 0 };
  const batch = follow(
    pool,
    start,
    ...Array.from({ length: events }, (_, i) => ({ payload: { name: `Agent ${i % 7}` } })),
  );
  await engine.append(pool, 0, nothing, () => ({ events: batch, outcomes: [], changes: [] }));
  await engine.archiveSegment(pool, 60);
  await engine.archiveSegment(pool, 150);
  return batch.at(-1) as Head;
}

async function found(engine: Engine, head: Head, threads: readonly WalkThread[], length: number): Promise<unknown> {
  const steps = walkChain(engine, pool, head, threads, length);
  const reached: number[] = [];
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
    reached.push(step.value);
    if (reached.some((seq, i) => seq > head.seq || seq < (reached[i - 1] ?? 0))) throw new Error(reached.join());
  }
}

function threadsOn(t: Scope, place: string, count: number): WalkThread[] {
  const threads = Array.from({ length: count }, () => new WalkThread(place));
  t.teardown(() => Promise.all(threads.map((thread) => thread.close())));
  return threads;
}

async function world(t: Scope, variant: Variant) {
  const place = await variant.place(t, { calm: true });
  const engine = await variant.open(place);
  t.teardown(() => engine.close());
  return { place, engine, head: await filled(engine) };
}

for (const variant of variants) {
  t.test(`a walk in ${variant.name}`, async (t) => {
    t.test('the first break is found, in one range or in many, by one thread or by several', async (t) => {
      const { place, engine, head } = await world(t, variant);
      const threads = threadsOn(t, place, 2);
      t.equal(await found(engine, head, [], rangeEvents), null, 'ranges of a whole chain');
      t.equal(await found(engine, head, threads, rangeEvents), null, 'and in threads');
      for (const { name, seq, does, undo } of cases) {
        await variant.meddle(place, does);
        const inOne = await found(engine, head, [], events);
        t.match(inOne, { seq, what: String }, name);
        t.strictSame(await found(engine, head, [], rangeEvents), inOne, `${name}: in ranges`);
        t.strictSame(await found(engine, head, threads, rangeEvents), inOne, `${name}: in threads`);
        await variant.meddle(place, undo);
      }
      t.equal(await found(engine, head, threads, 1), null, 'all is as it was; a range may be one event');
    });

    t.test('a thread finds by itself what is wrong, and takes one walk after the other', async (t) => {
      const { place, engine, head } = await world(t, variant);
      const [thread] = threadsOn(t, place, 1);
      const segments = await engine.segments(pool);
      const walk = () => thread?.walk(walkOf(pool, head, segments, rangeEvents));
      t.equal(await walk(), null);
      await variant.meddle(place, changed(500).does);
      t.match(await walk(), { seq: 500, what: /its hash does not fit/ });
    });

    t.test('a thread that cannot open the database says so', async (t) => {
      const { engine, head, place } = await world(t, variant);
      const elsewhere = variant.name === 'sqlite' ? `${place}/none` : place.replace(/[^/]*$/, 'none');
      const threads = threadsOn(t, elsewhere, 1);
      await t.rejects(found(engine, head, threads, rangeEvents), StorageError);
    });
  });
}
