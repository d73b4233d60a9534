/**
 * Replay: builds projections anew from the log, beside the live ones and beside live ingestion, compares them row by
 * row, and puts them in their place where they differ.
 */
import { hostname } from 'node:os';
import type { Comparison, Engine } from '../engines/engine.js';
import { Problem } from '../problems.js';
import { chosenProjections, type ReplayProgress, ReplayRun } from './replay-run.js';

export interface ReplayOptions {
  /** Names of projections; all when left out. */
  readonly projections?: readonly string[] | undefined;
  /** Only compare. */
  readonly check?: boolean | undefined;
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
  const releaseLease = await takeLease(engine);
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
      // What made the tables wrong may have been in these, too.
      for (const { pool } of await engine.pools()) await engine.dropCheckpoints(pool);
    }
    await run.shadow.drop();
    return { projections: chosen.map(({ name }) => name), events: run.events, identical, swapped, tables };
  } finally {
    await releaseLease();
  }
}

/**
 * Only one replay at a time; gives what releases the lease. One that was killed leaves its lease behind for as long as it was to
 * last. One that slept for longer finds that the shadow is another's by now.
 */
async function takeLease(engine: Engine): Promise<() => Promise<void>> {
  const holder = `${hostname()}:${process.pid}:${Date.now()}`;
  const take = () => engine.acquireLease('replay', holder, leaseMs);
  const deadline = Date.now() + leaseMs + 1_000;
  while ((await take()) === null) {
    if (Date.now() > deadline) throw new Problem('replay_running');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  let renewal: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    renewal = take().catch(() => undefined);
  }, leaseMs / 4);
  return async () => {
    clearInterval(timer);
    await renewal;
    await engine.releaseLease('replay', holder);
  };
}
