/** The walk along the hash chain of one pool, from its first event to its head, and its comparison with a head saved before. */
import type { Engine, SavedHead } from '../engines/engine.js';
import type { Head } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';
import { type Break, linkAt, walkOf, walkRanges } from './walk-ranges.js';
import type { WalkThread } from './walk-thread.js';

/** Of a range of rows: few enough that all who walk end at about the same time. */
const rangeEventsDefault = 4_000;

/**
 * Yields about how many events are walked; returns the first break, or null where the chain holds up to the head. `helpers`
 * walk with the calling thread, which takes ranges as they do.
 */
export async function* walkChain(
  engine: Engine,
  pool: PoolId,
  head: Head,
  helpers: readonly WalkThread[] = [],
  rangeEvents = rangeEventsDefault,
): AsyncGenerator<number, Break | null> {
  const walk = walkOf(pool, head, await engine.segments(pool), rangeEvents);
  const helped = Promise.all(helpers.map((helper) => helper.walk(walk)));
  helped.catch(() => undefined);
  const breaks = [yield* walkRanges(engine, walk), ...(await helped)].filter((broken) => broken !== null);
  const [first] = breaks.sort((one, other) => one.seq - other.seq);
  if (first !== undefined) return first;
  if ((await linkAt(engine, walk, head.seq))?.hash !== head.hash)
    return { seq: head.seq, what: 'its hash is not the one that the pool has as its head' };
  const last = head.seq === 0 ? null : await engine.eventAt(pool, head.seq);
  if (last !== null && (last.id !== head.id || last.recorded_at !== head.recorded_at))
    return { seq: head.seq, what: 'its id or time is not the one that the pool has as its head' };
  return beyondHead(engine, pool, head);
}

/** Events and head are written together: an event after the newest head was put there by somebody else. */
async function beyondHead(engine: Engine, pool: PoolId, walked: Head): Promise<Break | null> {
  const [beyond] = await engine.readEvents(pool, { after: walked.seq, limit: 1, backwards: true });
  const head = (await engine.pools()).find((record) => record.pool === pool)?.head ?? walked;
  if (beyond === undefined || beyond.seq <= head.seq) return null;
  return { seq: head.seq + 1, what: `it lies beyond the pool's head, which is ${head.seq}` };
}

/** What a head saved before says of the log as it is; null when the log contains it. */
export async function againstSaved(engine: Engine, saved: SavedHead): Promise<Break | null> {
  const record = (await engine.pools()).find(({ pool }) => pool === saved.pool);
  if (record === undefined) return { seq: 1, what: `the pool ${saved.pool} is gone` };
  const { head, pool } = record;
  if (saved.seq > head.seq) {
    const lost = saved.seq - head.seq;
    return {
      seq: head.seq + 1,
      what: `the log ends at ${head.seq}, but reached ${saved.seq} when its head was saved: ${lost} are cut off`,
    };
  }
  if (saved.seq === 0) return null;
  const event = await engine.eventAt(pool, saved.seq);
  if (event?.id === saved.id && event.hash === saved.hash) return null;
  return { seq: saved.seq, what: 'it is not the event that was the head when it was saved: the log was rewritten' };
}
