/** Entry point of the thread that a replay runs in, so that the requests of a daemon do not wait for it. */
import { constants, platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '../engines/open.js';
import { Problem, type ProblemCode } from '../problems.js';
import { systemClock } from '../runtime/clock.js';
import { StorageError, storageProblem } from '../storage-error.js';
import { buildAsOf } from './build-as-of.js';
import { keepCheckpoints } from './checkpoints.js';
import { replay } from './replay.js';
import type { ReplayProgress } from './replay-run.js';
import type { ReplayJob, ReplayMessage } from './replay-thread.js';

const progressEveryMs = 200;

async function run(job: ReplayJob, signal: AbortSignal, send: (message: ReplayMessage) => void): Promise<void> {
  // What begins at a checkpoint is over before a thread of its own for the storage would have started.
  const engine = await openEngine(job.database, 'replayer', { inline: job.kind !== 'replay' });
  try {
    if (job.kind !== 'replay') {
      if (job.kind === 'as-of') await buildAsOf(engine, job);
      else await keepCheckpoints(engine, systemClock, job.every, signal);
      return send({ kind: 'done', report: null });
    }
    let last = Number.NEGATIVE_INFINITY;
    const onProgress = (progress: ReplayProgress) => {
      if (systemClock.elapsed() - last < progressEveryMs && progress.phase === 'fold') return;
      last = systemClock.elapsed();
      send({ kind: 'progress', progress });
    };
    send({ kind: 'done', report: await replay(engine, systemClock, job.options, { onProgress, signal }) });
  } finally {
    await engine.close();
  }
}

// Requests go first. Only on Linux does a thread have a priority of its own, and gives it to the threads it starts.
if (platform() === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const givenUp = new AbortController();
parentPort?.once('message', () => givenUp.abort());

run(workerData as ReplayJob, givenUp.signal, (message) => parentPort?.postMessage(message)).catch((error: Error) => {
  parentPort?.postMessage({ kind: 'failed', code: codeOf(error), detail: error.message } satisfies ReplayMessage);
});

function codeOf(error: Error): ProblemCode {
  if (error instanceof Problem) return error.code;
  if (!(error instanceof StorageError)) return 'replay_failed';
  const { code } = storageProblem(error);
  return code === 'storage_failed' ? 'replay_failed' : code;
}
