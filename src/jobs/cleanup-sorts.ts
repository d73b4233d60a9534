/**
 * What a clean-up sweeps, sort by sort. Each is counted by reading alone, and swept by what does that anyway: the chores and the runner of a
 * daemon. Only whose holder is known to be gone is swept, never what merely looks old.
 */
import { join } from 'node:path';
import { lapsedCount } from '../events/decide/lapse.js';
import type { PoolState } from '../events/state.js';
import { isHeld } from '../events/turns.js';
import { orphansIn, removeFiles } from '../runtime/orphans.js';
import { isServer } from '../settings/database.js';
import type { ChoreContext } from './chore.js';
import { reclaimExpired } from './lost-jobs.js';
import { retention, trimFinished } from './trim-jobs.js';

/** What counting reads: of a running ledger, or of one that is opened for reading. */
export interface CleanupView {
  readonly states: readonly PoolState[];
  /** Milliseconds UTC. */
  readonly now: number;
  /** A data directory, or the URL of a server. */
  readonly database: string;
  /** How long nobody may have written to a file of a process that has ended. */
  readonly olderThanMs: number;
  query<R extends object>(sql: string, values: readonly unknown[]): Promise<readonly R[]>;
}

export interface CleanupSort {
  /** For people. */
  readonly meaning: string;
  count(view: CleanupView): Promise<number>;
  /** A thousand rows in a transaction; aborted, it goes on from there the next time. Gives how many went. */
  sweep(context: ChoreContext, view: CleanupView, signal: AbortSignal): Promise<number>;
}

const scratchOf = ({ database, now, olderThanMs }: CleanupView): string[] =>
  isServer(database) ? [] : orphansIn(join(database, 'scratch'), now - olderThanMs);

const one = async (view: CleanupView, sql: string, values: readonly unknown[]): Promise<number> =>
  Number((await view.query<{ readonly count: number }>(sql, values))[0]?.count ?? 0);

const finishedSql = `SELECT count(*) AS count FROM jobs WHERE finished_at IS NOT NULL
  AND finished_at < CASE WHEN state = 'succeeded' THEN CAST(? AS BIGINT) ELSE CAST(? AS BIGINT) END`;

export const cleanupSorts = {
  turns: {
    meaning: 'turns whose time is up',
    count: async ({ states, now }) =>
      states.reduce(
        (sum, { turns }) => sum + [...turns.values()].filter((turn) => !isHeld(turn, now as never)).length,
        0,
      ),
    sweep: async ({ ledger }) => ledger.expireTurns(),
  },
  claims: {
    meaning: 'claims on jobs that nobody renewed: the jobs are tried again',
    count: (view) =>
      one(view, `SELECT count(*) AS count FROM jobs WHERE state = 'running' AND lease_until <= ?`, [view.now]),
    sweep: (context) => reclaimExpired(context),
  },
  names: {
    meaning: 'names and windows of which nobody has heard for 90 days',
    count: async ({ states, now }) => states.reduce((sum, state) => sum + lapsedCount(state, now), 0),
    sweep: async ({ ledger }) => ledger.forgetLapsed(),
  },
  jobs: {
    meaning: 'finished jobs that are kept no longer',
    count: (view) => one(view, finishedSql, [view.now - retention.succeededMs, view.now - retention.otherMs]),
    sweep: ({ ledger }, _view, signal) => trimFinished(ledger, signal),
  },
  scratch: {
    meaning: 'scratch files of processes that have ended',
    count: async (view) => scratchOf(view).length,
    sweep: async (_context, view) => {
      const found = scratchOf(view);
      removeFiles(found);
      return found.length;
    },
  },
} as const satisfies Record<string, CleanupSort>;

export type CleanupSortName = keyof typeof cleanupSorts;
export const cleanupSortNames = Object.keys(cleanupSorts) as readonly CleanupSortName[];
