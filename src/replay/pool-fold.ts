/**
 * One pool of a replay: its state, what the events changed since it was last written, and the figures that are due.
 *
 * As figures drift, the allocations are worked out every few minutes of the log's time, and nobody sees any but the last.
 * So a replay only notes the event, and the state at the beginning of its stretch; when it gets to the end of the log, it folds
 * the events in between once more, and works them out.
 */
import type { PoolPosition, SavedState } from '../engines/engine.js';
import type { FoldedEvent } from '../events/envelope.js';
import { evolve } from '../events/evolve.js';
import type { EventPage } from '../events/page.js';
import { nothingReferenced } from '../events/referenced.js';
import { emptyState, type PoolState, restoreState, serialiseState } from '../events/state.js';
import { upcastAll } from '../events/upcast.js';
import type { Change } from '../projections/change.js';
import { fairAllocations } from '../projections/fair-allocations.js';
import type { PoolRef, Projection } from '../projections/projection.js';
import { Projector } from '../projections/projector.js';

/**
 * Which allocations are left to `settle`: those that only `drifted`; or `all`, where nobody asks for their history, so that only
 * the last ones count.
 */
export type Deferral = 'drifted' | 'all';

export class PoolFold {
  readonly poolRef: PoolRef;
  readonly #state: PoolState;
  readonly #projector: Projector;
  /** Works out the figures that are due; null where nobody asked for them. */
  readonly #allocations: Projector | null;
  readonly #owed: Deferral;
  #written: SavedState;
  #due: PoolPosition['figures'];

  /** From the beginning, or from a position on. */
  constructor(place: PoolRef, chosen: readonly Projection[], position?: PoolPosition, owed: Deferral = 'drifted') {
    this.poolRef = place;
    this.#owed = owed;
    this.#state = position === undefined ? emptyState(place.pool) : restoreState(position.state);
    this.#written = { seq: this.#state.seq, state: position?.state ?? serialiseState(this.#state) };
    this.#due = position?.figures;
    this.#projector = new Projector(place, owed === 'all' ? chosen.filter((one) => one !== fairAllocations) : chosen);
    this.#allocations = chosen.includes(fairAllocations) ? new Projector(place, [fairAllocations]) : null;
  }

  get seq(): number {
    return this.#state.seq;
  }

  /** As it is now, written as snapshots are. */
  get stateText(): string {
    return serialiseState(this.#state);
  }

  /** Events folded since the last `take`. */
  get unwritten(): number {
    return this.#state.seq - this.#written.seq;
  }

  /** Where the last `take` was. */
  get position(): PoolPosition {
    const { seq, state } = this.#written;
    return { seq, state, figures: this.#due };
  }

  /** Which allocations are left to `settle` is said by `Owed`; `now` leaves none. */
  fold(events: readonly FoldedEvent[], now = false): void {
    const state = this.#state;
    for (const event of events) {
      evolve(state, event);
      const { notable } = state;
      const isWorkedOut = notable !== 'nothing' && notable !== 'later';
      const isDue =
        isWorkedOut && this.#allocations !== null && !now && (this.#owed === 'all' || notable === 'figures');
      if (isDue) this.#due = { seq: event.seq, from: this.#written };
      else if (isWorkedOut) this.#due = undefined;
      this.#projector.add(event, state, !isDue);
    }
    // Nothing is decided here, so what the events say for later decisions would only gather.
    state.referenced = nothingReferenced();
  }

  /** Works out the figures that are due, if any; `read` gives the events from one seq to another. */
  async flushDeferred(read: (after: number, upTo: number) => Promise<EventPage>): Promise<boolean> {
    const due = this.#due;
    if (due === undefined) return false;
    const state = restoreState(due.from.state);
    while (state.seq < due.seq) {
      const page = await read(state.seq, due.seq);
      if (page.events.length === 0) throw new Error(`event ${state.seq + 1} of ${state.pool} is missing`);
      for (const event of upcastAll(page)) {
        evolve(state, event);
        if (event.seq === due.seq) this.#allocations?.add(event, state);
      }
    }
    this.#due = undefined;
    return true;
  }

  /** What changed since the last time. */
  take(): Change[] {
    this.#written = { seq: this.#state.seq, state: serialiseState(this.#state) };
    return [...this.#projector.take(), ...(this.#allocations?.take() ?? [])];
  }
}
