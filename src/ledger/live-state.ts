/**
 * The state of one pool in memory, at the head of its log: restored from the newest snapshot and the events after it, and kept
 * in a snapshot now and then, so that the next start need not fold the log.
 */
import { decodeTime } from 'ulid';
import type { AppendContext, Engine } from '../engines/engine.js';
import { evolve } from '../events/evolve.js';
import type { EventPage } from '../events/page.js';
import { nothingReferenced } from '../events/referenced.js';
import type { EpochMs, EventId, PoolId } from '../events/scalars.js';
import { emptyState, type PoolState, serialiseState, stateFormat } from '../events/state.js';
import { upcastAll } from '../events/upcast.js';
import { limits } from '../limits.js';
import { idMaker } from './ids.js';
import { snapshotState } from './snapshot-state.js';

export class LiveState {
  readonly #engine: Engine;
  readonly #pool: PoolId;
  #state: PoolState;
  #isCurrent = true;
  #snapshotSeq = 0;
  #nextId: (at: number) => EventId = idMaker();
  /** When the last batch was decided here. */
  #lastAt = -1;

  private constructor(engine: Engine, pool: PoolId) {
    this.#engine = engine;
    this.#pool = pool;
    this.#state = emptyState(pool);
  }

  static async open(engine: Engine, pool: PoolId): Promise<LiveState> {
    const live = new LiveState(engine, pool);
    await live.restore();
    return live;
  }

  /** It is folded in place, and another one after it was restored. */
  get state(): PoolState {
    return this.#state;
  }

  /** False once what it was folded from turned out not to be in the log. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** Seq of the newest snapshot. */
  get snapshotSeq(): number {
    return this.#snapshotSeq;
  }

  get snapshotIsDue(): boolean {
    return this.#isCurrent && this.#state.seq - this.#snapshotSeq >= limits.snapshotEventsEvery;
  }

  /** Ids that follow the one of the head, whose time is that of a wrong clock where the clock was corrected. */
  idsAfter({ head }: AppendContext): (at: number) => EventId {
    const isOwn = head.recorded_at === this.#lastAt;
    const earliest = head.id === null ? 0 : decodeTime(head.id) + (isOwn ? 0 : 1);
    return (at) => this.#nextId(Math.max(at, earliest));
  }

  /**
   * When a batch on this head is recorded. That never goes backwards, except where the clock is `corrected`; ids of one millisecond
   * come from one maker only.
   */
  recordedAt({ head }: AppendContext, now: number, corrected = false): EpochMs {
    const ownHead = head.recorded_at === this.#lastAt;
    const earliest = ownHead ? head.recorded_at : head.recorded_at + (head.seq === 0 ? 0 : 1);
    const at = (corrected ? now : Math.max(now, earliest)) as EpochMs;
    this.#lastAt = at;
    return at;
  }

  /** It is to be restored before it is used again. */
  invalidate(): void {
    this.#isCurrent = false;
  }

  async reloadIfStale(): Promise<void> {
    if (!this.#isCurrent) await this.restore();
  }

  /** Whoever looks meanwhile sees the state before, whole. */
  async restore(): Promise<void> {
    const state = (await snapshotState(this.#engine, this.#pool)) ?? emptyState(this.#pool);
    const snapshotSeq = state.seq;
    for (;;) {
      const page = await this.#engine.scanEvents(this.#pool, state.seq, Number.MAX_SAFE_INTEGER, limits.scanRowsPage);
      foldOnto(state, page);
      if (page.events.length < limits.scanRowsPage) break;
    }
    this.#state = state;
    this.#snapshotSeq = snapshotSeq;
    this.#nextId = idMaker();
    this.#lastAt = -1;
    this.#isCurrent = true;
  }

  /** Folds what others have appended. */
  catchUp(tail: EventPage): void {
    foldOnto(this.#state, tail);
  }

  async snapshot(): Promise<void> {
    const { seq } = this.#state;
    this.#snapshotSeq = seq;
    await this.#engine.saveSnapshot(this.#pool, { seq, format: stateFormat, state: serialiseState(this.#state) });
  }
}

function foldOnto(state: PoolState, page: EventPage): void {
  for (const event of upcastAll(page)) evolve(state, event);
  state.referenced = nothingReferenced();
}
