/** Running a replay, or another job that folds the log, in a thread of its own, and following it from here. */
import type { PoolId } from '../events/scalars.js';
import { Problem } from '../problems.js';
import type { Clock } from '../runtime/clock.js';
import { Thread } from '../runtime/thread.js';
import { isServer } from '../settings/database.js';
import { StorageError, storageProblem } from '../storage-error.js';
import type { ReplayOptions, ReplayReport } from './replay.js';
import type { ReplayProgress } from './replay-run.js';

export type ReplayJob =
  | { readonly kind: 'replay'; readonly database: string; readonly options: ReplayOptions }
  | {
      readonly kind: 'as-of';
      readonly database: string;
      readonly pool: PoolId;
      readonly upTo: number;
      readonly shadow: string;
      readonly projection: string;
    }
  | { readonly kind: 'checkpoints'; readonly database: string; readonly every: number };

/**
 * Far more than any state needs, but so little that what was folded is not left lying about: beside a daemon, replaying 300,000
 * events peaked at 267 MB instead of 303, and at 340 without the limit of young objects here and in the storage thread.
 */
const resourceLimits = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 24 };

/**
 * What is on its way to a server lives longer, and there are no storage threads beside: a replay of 43,700 events/s instead of 38,900,
 * with a peak of 190 MB instead of 130 in a process that does nothing else.
 */
const serverLimits = { ...resourceLimits, maxYoungGenerationSizeMb: 96 };

/** How long a step that is under way may take once the job is given up; then its thread is ended in the middle of it. */
const graceMs = 5_000;

/**
 * Yields progress now and then; returns the report (null for another job). Throws a `Problem` when it fails. When the signal is
 * aborted the job ends at its next step, with nothing left behind, and this throws the signal's reason.
 */
export async function* runReplay(
  job: ReplayJob,
  clock: Clock,
  signal?: AbortSignal,
): AsyncGenerator<ReplayProgress, ReplayReport | null> {
  signal?.throwIfAborted();
  const thread = new Thread<ReplayJob, ReplayReport | null, ReplayProgress>(
    new URL('./replay-worker.js', import.meta.url),
    {
      resourceLimits: isServer(job.database) ? serverLimits : resourceLimits,
      whenEnded: () => new Error('the replay thread ended'),
    },
  );
  const ended = new AbortController();
  const endLater = async () => {
    await clock.sleep(graceMs, ended.signal);
    await thread.end();
  };
  signal?.addEventListener('abort', () => void endLater(), { signal: ended.signal });
  try {
    return yield* thread.follow(job, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw problemOf(error as Error);
  } finally {
    ended.abort();
    await thread.end();
  }
}

function problemOf(error: Error): Problem {
  if (error instanceof Problem) return error;
  const problem = error instanceof StorageError ? storageProblem(error) : null;
  return problem === null || problem.code === 'storage_failed' ? new Problem('replay_failed', error.message) : problem;
}
