/** Folding a pool's state from its log, for questions that the tables do not answer: of now, of then, of every step. */
import type { FoldedEvent } from '../events/envelope.js';
import type { EpochMs } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import { ProgressLine } from './progress.js';
import type { Reading } from './reading.js';
import type { TimeText } from './times.js';

/** A state, and the time at which it is asked: not before its last event. */
export interface Moment {
  readonly state: PoolState;
  readonly at: EpochMs;
}

/** The state now, or as it was at a time. */
export async function momentOf(reading: Reading, text: TimeText | undefined): Promise<Moment> {
  const given = await reading.instant(text);
  const seq = given === undefined ? reading.record.head.seq : await reading.engine.seqAt(reading.pool, given);
  const state = await stateAfter(reading, seq);
  return { state, at: given ?? (Math.max(Date.now(), state.at) as EpochMs) };
}

/** The state after an event; 0 is before the first. */
export async function stateAfter(reading: Reading, seq: number): Promise<PoolState> {
  const { evolve } = await import('../events/evolve.js');
  const state = await stateBefore(reading, seq);
  await eachEvent(reading, state.seq, seq, (event) => evolve(state, event));
  return state;
}

/** The newest state that is at hand and not beyond an event: that of a snapshot or a checkpoint, else the empty one. */
export async function stateBefore(reading: Reading, seq: number): Promise<PoolState> {
  const { emptyState, restoreState, stateFormat } = await import('../events/state.js');
  const snapshot = await reading.engine.loadSnapshot(reading.pool, stateFormat);
  if (snapshot !== null && snapshot.seq <= seq) return restoreState(snapshot.state);
  const { stateBefore: checkpointBefore } = await import('../projections/replay-checkpoints.js');
  const checkpoint = await checkpointBefore(reading.engine, reading.pool, seq);
  return checkpoint === null ? emptyState(reading.pool) : restoreState(checkpoint.state);
}

/** Hands over the events after one up to another, in order, and shows how far it is. */
export async function eachEvent(
  reading: Reading,
  after: number,
  upTo: number,
  take: (event: FoldedEvent) => void,
): Promise<void> {
  const { upcastAll } = await import('../events/upcast.js');
  const { limits } = await import('../limits.js');
  const line = new ProgressLine('events');
  try {
    for (let seq = after; seq < upTo; ) {
      const page = upcastAll(await reading.engine.scanEvents(reading.pool, seq, upTo, limits.scanRowsPage));
      if (page.length === 0) return;
      for (const event of page) take(event);
      seq = page.at(-1)?.seq ?? upTo;
      if (upTo - after > limits.scanRowsPage) line.show('folding', seq - after, upTo - after);
    }
  } finally {
    line.end();
  }
}
