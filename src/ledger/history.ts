/** The states a pool went through, folded from its log, for questions that the tables do not answer. */
import type { FoldedEvent } from '../events/envelope.js';
import type { EpochMs } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import type { LedgerView, WrittenTime } from './view.js';

/** A state, and the time at which it is asked: not before its last event. */
export interface Moment {
  readonly state: PoolState;
  readonly at: EpochMs;
}

/** The state now, or as it was at a time. */
export async function momentOf(view: LedgerView, text: WrittenTime | undefined): Promise<Moment> {
  const given = await view.instant(text);
  const seq = given === undefined ? view.record.head.seq : await view.engine.seqAt(view.pool, given);
  const state = await stateAfter(view, seq);
  return { state, at: given ?? (Math.max(view.clock.now(), state.at) as EpochMs) };
}

/** The state after an event; 0 is before the first. */
export async function stateAfter(view: LedgerView, seq: number): Promise<PoolState> {
  const { evolve } = await import('../events/evolve.js');
  const state = await stateBefore(view, seq);
  await eachEvent(view, state.seq, seq, (event) => evolve(state, event));
  return state;
}

/** The newest state that is at hand and not beyond an event: that of a snapshot or a checkpoint, else the empty one. */
export async function stateBefore(view: LedgerView, seq: number): Promise<PoolState> {
  const { emptyState, restoreState } = await import('../events/state.js');
  const { snapshotState } = await import('./snapshot-state.js');
  const snapshot = await snapshotState(view.engine, view.pool);
  if (snapshot !== null && snapshot.seq <= seq) return snapshot;
  const { stateBefore: checkpointBefore } = await import('../replay/checkpoints.js');
  const checkpoint = await checkpointBefore(view.engine, view.pool, seq);
  return checkpoint === null ? emptyState(view.pool) : restoreState(checkpoint.state);
}

/** Hands over the events after one up to another, in order, and shows how far it is. */
export async function eachEvent(
  view: LedgerView,
  after: number,
  upTo: number,
  take: (event: FoldedEvent) => void,
): Promise<void> {
  const { upcastAll } = await import('../events/upcast.js');
  const { limits } = await import('../limits.js');
  try {
    for (let seq = after; seq < upTo; ) {
      const page = upcastAll(await view.engine.scanEvents(view.pool, seq, upTo, limits.scanRowsPage));
      if (page.length === 0) return;
      for (const event of page) take(event);
      seq = page.at(-1)?.seq ?? upTo;
      if (upTo - after > limits.scanRowsPage) view.progress?.show(seq - after, upTo - after);
    }
  } finally {
    view.progress?.end();
  }
}
