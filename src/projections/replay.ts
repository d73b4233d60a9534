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
    await lease.renew();
    if (swapped) {
      yield run.progress('swap');
      await run.swap();
      // What made the tables wrong may have been in these, too.
      for (const { pool } of await engine.pools()) await engine.dropCheckpoints(pool);
    }
    await run.shadow.drop();
    return { projections: chosen.map(({ name }) => name), events: run.events, identical, swapped, tables };
  } finally {
    await lease.release();
  }
}

interface Lease {
  /** Throws a `Problem` when another replay has taken it since: a machine may have slept. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** Only one replay at a time. One that was killed leaves its lease behind for as long as it was to last. */
async function takeLease(engine: Engine): Promise<Lease> {
  const holder = `${hostname()}:${process.pid}:${Date.now()}`;
  const take = () => engine.acquireLease('replay', holder, leaseMs);
  const deadline = Date.now() + leaseMs + 1_000;
  while ((await take()) === null) {
    if (Date.now() > deadline) throw new Problem('replay_running');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const renewal = setInterval(() => {
    take().catch(() => undefined);
  }, leaseMs / 4);
  return {
    async renew() {
      if ((await take()) === null) throw new Problem('replay_running');
    },
    async release() {
      clearInterval(renewal);
      await engine.releaseLease('replay', holder);
    },
  };
}
