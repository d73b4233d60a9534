/**
 * Replay: builds projections again from the log, beside the live ones and beside live ingestion, compares them row by
 * row, and puts them in their place where they differ.
 */
import type { Comparison, Engine } from '../engines/engine.js';
import { holdLease } from '../engines/lease.js';
import type { Clock } from '../runtime/clock.js';
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

/** Who follows a replay, and may give it up. */
interface ReplayObserver {
  /** The next step waits for it. */
  readonly onProgress?: ((progress: ReplayProgress) => Promise<void> | void) | undefined;
  /** The replay ends at its next step; what is rebuilt by then is taken up by the next one. */
  readonly signal?: AbortSignal | undefined;
}

const ttlMs = 10_000;

/**
 * One replay at a time: where one is running, it is waited for as long as the lease of one that was killed lasts. Throws a
 * `StorageError` (`taken`) when it goes on after that, and when this one lost its lease.
 */
export function replay(
  engine: Engine,
  clock: Clock,
  options: ReplayOptions,
  { onProgress, signal }: ReplayObserver = {},
): Promise<ReplayReport> {
  const chosen = chosenProjections(options.projections);
  const lease = { name: 'replay', ttlMs, waitMs: ttlMs + 1_000, signal };
  return holdLease(engine, clock, lease, async ({ signal: held }) => {
    const pass = async (progress: ReplayProgress) => {
      await onProgress?.(progress);
      held.throwIfAborted();
    };
    const run = await ReplayRun.start(engine, 'replay', chosen);
    for await (const progress of run.fold()) await pass(progress);
    await pass(run.progress('compare'));
    const tables = await run.compare();
    const identical = tables.every((table) => table.differing === 0);
    const outdated = await engine.outdatedProjections();
    const due = !identical || chosen.some(({ name }) => outdated.includes(name));
    const swapped = due && options.check !== true;
    if (swapped) {
      await pass(run.progress('swap'));
      await run.swap();
      // What made the tables wrong may have been in these, too.
      for (const { pool } of await engine.pools()) await engine.dropCheckpoints(pool);
    }
    await run.shadow.drop();
    return { projections: chosen.map(({ name }) => name), events: run.events, identical, swapped, tables };
  });
}
