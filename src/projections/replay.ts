/**
 * Replay: builds projections anew from the log, beside the live ones and beside live ingestion, compares them row by
 * row, and puts them in their place where they differ. It reads the log in pages and keeps only the state and a stretch of
 * pages in memory; a killed replay is taken up where it was.
 */
import { hostname } from 'node:os';
import type { Comparison, Engine, Shadow, ShadowPosition } from '../engines/engine.js';
import { evolve } from '../events/evolve.js';
import type { EventPage } from '../events/page.js';
import type { PoolId } from '../events/scalars.js';
import { emptyState, noFacts, type PoolState, restoreState, serialiseState, stateFormat } from '../events/state.js';
import { upcastAll } from '../events/upcast.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { Projection } from './projection.js';
import { Projector, projections } from './projector.js';

export interface ReplayOptions {
  /** Names of projections; all when left out. */
  readonly projections?: readonly string[] | undefined;
  /** Only compare. */
  readonly check?: boolean | undefined;
}

export interface ReplayProgress {
  readonly phase: 'fold' | 'compare' | 'swap';
  readonly events: number;
  readonly total: number;
  /** Where it was taken up; 0 for a fresh start. */
  readonly resumedAt: number;
}

export interface ReplayReport {
  readonly projections: readonly string[];
  readonly events: number;
  readonly identical: boolean;
  readonly swapped: boolean;
  readonly tables: readonly Comparison[];
}

const leaseMs = 10_000;

export async function* replay(engine: Engine, options: ReplayOptions): AsyncGenerator<ReplayProgress, ReplayReport> {
  const chosen = chosenProjections(options.projections);
  const lease = await takeLease(engine);
  try {
    const run = await ReplayRun.start(engine, 'replay', chosen);
    yield* run.fold();
    yield run.progress('compare');
    const tables = await run.compare();
    const identical = tables.every((table) => table.differing === 0);
    const outdated = await engine.outdatedProjections();
    const due = !identical || chosen.some(({ name }) => outdated.includes(name));
    const swapped = due && options.check !== true;
    if (swapped) {
      yield run.progress('swap');
      await run.swap();
    }
    await run.shadow.drop();
    return { projections: chosen.map(({ name }) => name), events: run.events, identical, swapped, tables };
  } finally {
    await lease.release();
  }
}

/** Builds every projection of one pool as of a seq, in the shadow of that name, which stays. */
export async function buildAsOf(engine: Engine, name: string, pool: PoolId, upTo: number): Promise<void> {
  const run = await ReplayRun.start(engine, name, projections, { pool, upTo });
  for await (const _ of run.fold()) void _;
  await run.shadow.close();
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

interface Part {
  readonly pool: PoolId;
  readonly number: number;
  readonly state: PoolState;
  readonly projector: Projector;
}

class ReplayRun {
  readonly shadow: Shadow;
  readonly #engine: Engine;
  readonly #chosen: readonly Projection[];
  readonly #parts: readonly Part[];
  readonly #upTo: number;
  readonly #resumedAt: number;
  events: number;
  #total = 0;

  private constructor(
    engine: Engine,
    shadow: Shadow,
    chosen: readonly Projection[],
    parts: readonly Part[],
    upTo: number,
  ) {
    this.#engine = engine;
    this.shadow = shadow;
    this.#chosen = chosen;
    this.#parts = parts;
    this.#upTo = upTo;
    this.events = parts.reduce((sum, { state }) => sum + state.seq, 0);
    this.#resumedAt = this.events;
  }

  static async start(
    engine: Engine,
    name: string,
    chosen: readonly Projection[],
    only?: { readonly pool: PoolId; readonly upTo: number },
  ): Promise<ReplayRun> {
    let shadow = await engine.openShadow(name, chosen, true);
    let position = await shadow.position();
    if (position !== null && !sameRules(position, chosen)) {
      await shadow.drop();
      shadow = await engine.openShadow(name, chosen, false);
      position = null;
    }
    const pools = (await engine.pools()).filter(({ pool }) => only === undefined || pool === only.pool);
    const parts = pools.map(({ pool, number }) => {
      const reached = position?.pools[pool];
      const state = reached === undefined ? emptyState(pool) : restoreState(reached.state);
      return { pool, number, state, projector: new Projector({ pool, number }, chosen) };
    });
    return new ReplayRun(engine, shadow, chosen, parts, only?.upTo ?? Number.MAX_SAFE_INTEGER);
  }

  progress(phase: ReplayProgress['phase']): ReplayProgress {
    return { phase, events: this.events, total: Math.max(this.#total, this.events), resumedAt: this.#resumedAt };
  }

  /**
   * Folds up to the heads as they are when it gets there. While what one stretch of events changed is written, the next is
   * folded, and the page after it read. A stretch is several pages: a row that each of them changes is written once.
   */
  async *fold(): AsyncGenerator<ReplayProgress> {
    const heads = await this.#engine.pools();
    this.#total = heads
      .filter(({ pool }) => this.#parts.some((part) => part.pool === pool))
      .reduce((sum, { head }) => sum + Math.min(head.seq, this.#upTo), 0);
    let writing: Promise<void> = Promise.resolve();
    for (const part of this.#parts) {
      let written = part.state.seq;
      let reading = this.#read(part.pool, written);
      for (let more = true; more; ) {
        const page = await reading;
        const last = page.events.at(-1);
        more = last !== undefined;
        if (last !== undefined) {
          reading = this.#read(part.pool, last.seq);
          this.#foldPage(part, page);
        }
        const folded = part.state.seq - written;
        if (folded === 0 || (more && folded < limits.replayEventsStretch)) continue;
        written = part.state.seq;
        const changes = part.projector.take();
        const position = this.#position();
        await writing;
        writing = this.shadow.apply(changes, position);
        writing.catch(() => undefined);
        yield this.progress('fold');
      }
    }
    await writing;
    if ((await this.shadow.position()) === null) await this.shadow.apply([], this.#position());
  }

  /** A page; when it fails and nobody waits for it any more, that is no matter. */
  #read(pool: PoolId, after: number): Promise<EventPage> {
    const page = this.#engine.scanEvents(pool, after, this.#upTo, limits.scanRowsPage);
    page.catch(() => undefined);
    return page;
  }

  /** As of one instant; catches up as often as the log grows in between. */
  async compare(): Promise<Comparison[]> {
    for (;;) {
      const result = await this.#engine.compareShadow(this.shadow, this.#chosen);
      if (result !== null) return result;
      for await (const _ of this.fold()) void _;
    }
  }

  swap(): Promise<void> {
    return this.#engine.swapShadow(this.shadow, this.#chosen, (pool, tail) => {
      const part = this.#parts.find((candidate) => candidate.pool === pool);
      if (part === undefined) throw new Error(`pool ${pool} was added during the replay; run it again`);
      this.#foldPage(part, tail);
      return part.projector.take();
    });
  }

  #foldPage(part: Part, page: EventPage): void {
    for (const event of upcastAll(page)) {
      evolve(part.state, event);
      part.projector.add(event, part.state);
    }
    this.events += page.events.length;
    // Nothing is decided here, so what the events say for later decisions would only gather.
    part.state.facts = noFacts();
  }

  #position(): ShadowPosition {
    const reached = this.#parts.map(({ pool, state }) => [pool, { seq: state.seq, state: serialiseState(state) }]);
    return { projections: rulesOf(this.#chosen), pools: Object.fromEntries(reached) };
  }
}

/** What a position depends on beside the log: another release must not take up what this one left. */
const rulesOf = (chosen: readonly Projection[]): string[] => [
  `state@${stateFormat}`,
  ...chosen.map(({ name, version }) => `${name}@${version}`),
];

function sameRules(position: ShadowPosition, chosen: readonly Projection[]): boolean {
  return JSON.stringify(position.projections) === JSON.stringify(rulesOf(chosen));
}

/** Only one replay at a time. One that was killed leaves its lease behind for as long as it was to last. */
async function takeLease(engine: Engine): Promise<{ release(): Promise<void> }> {
  const holder = `${hostname()}:${process.pid}:${Date.now()}`;
  const deadline = Date.now() + leaseMs + 1_000;
  while ((await engine.acquireLease('replay', holder, leaseMs)) === null) {
    if (Date.now() > deadline) throw new Problem('replay_running');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const renewal = setInterval(() => {
    engine.acquireLease('replay', holder, leaseMs).catch(() => undefined);
  }, leaseMs / 4);
  return {
    async release() {
      clearInterval(renewal);
      await engine.releaseLease('replay', holder);
    },
  };
}
