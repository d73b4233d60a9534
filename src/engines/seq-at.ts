/**
 * Which event of a log was the last one recorded by a time. Times grow from event to event, so halving finds it, except across
 * corrections of the clock, where they may fall: there each stretch between two of them is looked at by itself.
 */
import type { StoredEvent } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';
import type { Engine } from './engine.js';

type EventReader = Pick<Engine, 'readEvents' | 'eventAt' | 'pools'>;

/** More corrections than these are not told apart. */
const correctionsMax = 1_000;

/** Seq of the last event recorded at or before a time; 0 where there is none. `halve` finds it where times only grow. */
export async function seqAtAcross(
  engine: EventReader,
  pool: PoolId,
  at: number,
  halve: () => Promise<number>,
): Promise<number> {
  const corrections = await engine.readEvents(pool, {
    types: ['clock.corrected'],
    backwards: true,
    limit: correctionsMax,
  });
  if (corrections.length === 0) return halve();
  const head = (await engine.pools()).find((record) => record.pool === pool)?.head.seq ?? 0;
  let last = head;
  for (const correction of corrections) {
    if (correction.recorded_at <= at) return lastWithin(engine, pool, correction.seq, last, at);
    last = correction.seq - 1;
  }
  return lastWithin(engine, pool, 0, last, at);
}

/** `first` is known to be recorded by then. */
async function lastWithin(engine: EventReader, pool: PoolId, first: number, last: number, at: number): Promise<number> {
  let [low, high] = [first, last];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const event: StoredEvent | null = await engine.eventAt(pool, middle);
    if (event !== null && event.recorded_at <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
