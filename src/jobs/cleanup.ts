/** Sweeps what holders left behind that are gone. What one sort fails at does not keep the others from being swept. */
import * as z from 'zod';
import type { PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { byLedger } from '../ledger/own-commands.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { ChoreContext } from './chore.js';
import { type CleanupSortName, type CleanupView, cleanupSortNames, cleanupSorts } from './cleanup-sorts.js';
import type { Job } from './job.js';

export interface CleanupAsked {
  readonly olderThanMs: number;
  /** All of them where it is left out. */
  readonly only?: readonly CleanupSortName[] | undefined;
}

export interface CleanupResult {
  readonly removed: Partial<Record<CleanupSortName, number>>;
  /** Sorts that could not be swept, and why. */
  readonly failed: Partial<Record<CleanupSortName, string>>;
}

export const isNothing = ({ removed, failed }: CleanupResult): boolean =>
  Object.keys(failed).length === 0 && Object.values(removed).every((count) => count === 0);

const payload = z.strictObject({ only: z.array(z.enum(cleanupSortNames)).min(1).optional() });

/** A daemon does it each five minutes. */
export function cleanup(olderThanMs: number): Job<z.output<typeof payload>> {
  return {
    kind: 'cleanup',
    payload,
    schedule: { everyMs: limits.cleanupMs },
    catchUp: 'none',
    leaseMs: 60_000,
    dedupe: () => 'cleanup',
    async run({ ledger, log, record }, { only }, signal) {
      const result = await sweepAll({ ledger, log }, { olderThanMs, only }, signal);
      const pool = ledger.poolNames.find((name) => ledger.stateAfter(name).seq > 0);
      if (!isNothing(result) && pool !== undefined) await record(pool, completed(result, olderThanMs));
      return result;
    },
  };
}

/** As the job does it, at once. What was done is in the log of the first pool. */
export async function cleanUpNow(
  context: ChoreContext,
  asked: CleanupAsked,
  signal: AbortSignal,
): Promise<CleanupResult> {
  const { ledger } = context;
  const result = await sweepAll(context, asked, signal);
  const pool = ledger.poolNames.find((name: PoolId) => ledger.stateAfter(name).seq > 0);
  if (isNothing(result) || pool === undefined) return result;
  const outcome = await ledger.submitOne(pool, { ...completed(result, asked.olderThanMs), ...byLedger });
  if (outcome.status === 'rejected') throw new Problem(outcome.code, outcome.detail);
  return result;
}

async function sweepAll(
  context: ChoreContext,
  { olderThanMs, only = cleanupSortNames }: CleanupAsked,
  signal: AbortSignal,
): Promise<CleanupResult> {
  const result = { removed: {} as CleanupResult['removed'], failed: {} as CleanupResult['failed'] };
  for (const name of only) {
    signal.throwIfAborted();
    try {
      result.removed[name] = await cleanupSorts[name].sweep(context, viewOf(context.ledger, olderThanMs), signal);
    } catch (error) {
      context.log.warn({ err: error, sort: name }, 'a sort could not be cleaned up');
      result.failed[name] = (error as Error).message.slice(0, limits.reasonCharactersMax);
    }
  }
  return result;
}

/** How many of each sort there are. Nothing is written. */
export async function countAll(
  view: CleanupView,
  only: readonly CleanupSortName[] = cleanupSortNames,
): Promise<CleanupResult> {
  const removed: Partial<Record<CleanupSortName, number>> = {};
  for (const name of only) removed[name] = await cleanupSorts[name].count(view);
  return { removed, failed: {} };
}

const viewOf = (ledger: Ledger, olderThanMs: number): CleanupView => ({
  states: ledger.poolNames.map((pool) => ledger.stateAfter(pool)),
  now: ledger.now(),
  database: ledger.settings.database,
  olderThanMs,
  query: (sql, values) => ledger.query(sql, values as never),
});

const completed = ({ removed, failed }: CleanupResult, olderThanMs: number) => ({
  type: 'cleanup.completed' as const,
  payload: {
    ...(Object.keys(failed).length > 0 ? { failed: failed as Record<string, string> } : {}),
    older_than_s: Math.round(olderThanMs / 1_000),
    removed: Object.fromEntries(Object.entries(removed).filter(([, count]) => count > 0)),
  },
});
