/** Entry point of the thread that a replay runs in, so that the requests of a daemon do not wait for it. */
import { constants, platform, setPriority } from 'node:os';
import { openEngine } from '../engines/open.js';
import { systemClock } from '../runtime/clock.js';
import { serveThread, type Task } from '../runtime/thread.js';
import { buildAsOf } from './build-as-of.js';
import { keepCheckpoints } from './checkpoints.js';
import { type ReplayReport, replay } from './replay.js';
import type { ReplayProgress } from './replay-run.js';
import type { ReplayJob } from './replay-thread.js';

const progressEveryMs = 200;

async function run(job: ReplayJob, task: Task<ReplayProgress>): Promise<ReplayReport | null> {
  // What begins at a checkpoint is over before a thread of its own for the storage would have started.
  const engine = await openEngine(job.database, 'replayer', { inline: job.kind !== 'replay' });
  const { signal } = task;
  try {
    if (job.kind === 'replay')
      return await replay(engine, systemClock, job.options, { signal, onProgress: seldom(task) });
    if (job.kind === 'as-of') await buildAsOf(engine, job, undefined, signal);
    else await keepCheckpoints(engine, systemClock, job.every, signal);
    return null;
  } finally {
    await engine.close();
  }
}

function seldom(task: Task<ReplayProgress>): (progress: ReplayProgress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    if (systemClock.elapsed() - last < progressEveryMs && progress.phase === 'fold') return;
    last = systemClock.elapsed();
    task.report(progress);
  };
}

// Requests go first. Only on Linux does a thread have a priority of its own, and gives it to the threads it starts.
if (platform() === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

serveThread(run);
