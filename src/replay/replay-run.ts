/**
 * Folding the log into shadow tables. It reads the log in pages and keeps only the state and a stretch of pages in memory;
 * a run that was killed is taken up where it was.
 */
import type { Comparison, Engine, FoldTails, PoolRecord, Positions, Shadow } from '../engines/engine.js';
import type { EventPage } from '../events/page.js';
import type { PoolId } from '../events/scalars.js';
import { upcastAll } from '../events/upcast.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { Change } from '../projections/change.js';
import type { PoolRef, Projection } from '../projections/projection.js';
import { projections } from '../projections/projector.js';
import { nextTurn } from '../runtime/clock.js';
import { PoolFold } from './pool-fold.js';

export interface ReplayProgress {
  readonly phase: 'fold' | 'compare' | 'swap';
  readonly events: number;
  readonly total: number;
  /** Where it was taken up; 0 for a fresh start. */
  readonly resumedAt: number;
}

export function chosenProjections(names: readonly string[] | undefined): readonly Projection[] {
  if (names === undefined || names.length === 0) return projections;
  return names.map((name) => {
    const projection = projections.find((candidate) => candidate.name === name);
    if (projection !== undefined) return projection;
    const known = projections.map((candidate) => candidate.name).join(', ');
    throw new Problem('invalid_field', `there is no projection ${name}; there are ${known}`, [
      { field: 'projection', message: 'is not known' },
    ]);
  });
}

/** Of the log: one pool up to an event, so many events at once. */
interface Part {
  readonly pool: PoolId;
  readonly upTo: number;
  readonly pageRows: number;
}

export class ReplayRun {
  readonly shadow: Shadow;
  readonly #engine: Engine;
  readonly #chosen: readonly Projection[];
  readonly #only: Part | undefined;
  /** Where an earlier run was given up. */
  readonly #resumed: Positions;
  readonly #pools: PoolFold[] = [];
  #resumedAt = 0;
  /** What the last events of pools changed, as long as it may have to be written again. */
  #lastChanges: { readonly pool: PoolId; readonly upTo: number; readonly changes: readonly Change[] }[] = [];
  events = 0;
  #total = 0;

  private constructor(
    engine: Engine,
    shadow: Shadow,
    chosen: readonly Projection[],
    resumed: Positions,
    only: Part | undefined,
  ) {
    this.#engine = engine;
    this.shadow = shadow;
    this.#chosen = chosen;
    this.#resumed = resumed;
    this.#only = only;
  }

  static async start(engine: Engine, name: string, chosen: readonly Projection[], only?: Part): Promise<ReplayRun> {
    const shadow = await engine.openShadow(name, chosen, true);
    const run = new ReplayRun(engine, shadow, chosen, await shadow.positions(), only);
    await run.#heads();
    run.#resumedAt = run.events;
    return run;
  }

  progress(phase: ReplayProgress['phase']): ReplayProgress {
    return { phase, events: this.events, total: Math.max(this.#total, this.events), resumedAt: this.#resumedAt };
  }

  /**
   * Folds up to the heads as they are when it gets there. While what one stretch of events changed is written, the next is
   * folded, and the page after it read. A stretch is several pages: a row that each of them changes is written once.
   */
  async *fold(): AsyncGenerator<ReplayProgress> {
    this.#total = (await this.#heads()).reduce((sum, { head }) => sum + Math.min(head.seq, this.#upTo), 0);
    let writing: Promise<void> = Promise.resolve();
    try {
      for (const fold of this.#pools) {
        const { pool } = fold.poolRef;
        let reading = this.#read(pool, fold.seq);
        for (let more = true; more; ) {
          const page = await reading;
          const last = page.events.at(-1);
          more = last !== undefined;
          if (last !== undefined) {
            reading = this.#read(pool, last.seq);
            await this.#foldPage(fold, page);
            if (fold.unwritten < limits.replayEventsStretch) continue;
          } else {
            const settled = await fold.flushDeferred((after, upTo) => this.#read(pool, after, upTo));
            if (!settled && fold.unwritten === 0) continue;
          }
          const changes = fold.take();
          const reached = new Map([[pool, fold.position]]);
          await writing;
          writing = this.shadow.apply(changes, reached);
          writing.catch(() => undefined);
          yield this.progress('fold');
        }
      }
    } finally {
      // Also where the replay is given up here: whoever takes it up must find what is on its way.
      await writing;
    }
  }

  get #upTo(): number {
    return this.#only?.upTo ?? Number.MAX_SAFE_INTEGER;
  }

  /** Of the pools that it folds, among them those that were added since it began. */
  async #heads(): Promise<PoolRecord[]> {
    const only = this.#only;
    const heads = (await this.#engine.pools()).filter(({ pool }) => only === undefined || pool === only.pool);
    for (const place of heads) this.#foldOf(place);
    return heads;
  }

  #foldOf(record: PoolRef): PoolFold {
    const known = this.#pools.find((fold) => fold.poolRef.pool === record.pool);
    if (known !== undefined) return known;
    const owed = this.#only === undefined ? 'drifted' : 'all';
    const added = new PoolFold(record, this.#chosen, this.#resumed.get(record.pool), owed);
    this.#pools.push(added);
    this.events += added.seq;
    return added;
  }

  /** A page. Its failure is safe to ignore once nobody waits for it any more, because the run has ended by then. */
  #read(pool: PoolId, after: number, upTo = this.#upTo): Promise<EventPage> {
    const page = this.#engine.scanEvents(pool, after, upTo, this.#only?.pageRows ?? limits.scanRowsPage);
    page.catch(() => undefined);
    return page;
  }

  async compare(): Promise<Comparison[]> {
    await this.#catchUp();
    return this.#engine.compareShadow(this.shadow, this.#chosen, this.#foldTails);
  }

  async swap(): Promise<void> {
    await this.#catchUp();
    return this.#engine.swapShadow(this.shadow, this.#chosen, this.#foldTails);
  }

  /** What came since is folded in pages, too; a comparison or a swap takes what little is left at once. */
  async #catchUp(): Promise<void> {
    for await (const _ of this.fold()) void _;
  }

  readonly #foldTails: FoldTails = (tails) => {
    const isMissing = (pool: PoolId, seq: number) =>
      tails.some(({ poolRef, events }) => poolRef.pool === pool && (events.events[0]?.seq ?? 0) <= seq);
    this.#lastChanges = this.#lastChanges.filter(({ pool, upTo }) => isMissing(pool, upTo));
    for (const { poolRef, events } of tails) {
      const fold = this.#foldOf(poolRef);
      const unseen = upcastAll(events).filter(({ seq }) => seq > fold.seq);
      fold.fold(unseen, true);
      this.events += unseen.length;
      this.#lastChanges.push({ pool: poolRef.pool, upTo: fold.seq, changes: fold.take() });
    }
    return { changes: this.#lastChanges.flatMap(({ changes }) => changes), reached: this.#positions() };
  };

  /** A few events at a time: in between, what is written and read meanwhile goes on. */
  async #foldPage(fold: PoolFold, page: EventPage): Promise<void> {
    const events = upcastAll(page);
    for (let from = 0; from < events.length; from += limits.replayEventsTurn) {
      fold.fold(events.slice(from, from + limits.replayEventsTurn));
      await nextTurn();
    }
    this.events += events.length;
  }

  #positions(): Positions {
    return new Map(this.#pools.map(({ poolRef, position }) => [poolRef.pool, position]));
  }
}
