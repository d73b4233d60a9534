/** Runs the jobs of a daemon, each by its schedule, until the signal is aborted. A run that fails is logged; the next one tries again. */
import type { Clock } from '../runtime/clock.js';
import type { Job, JobContext } from './job.js';

/** Gives what waits, once the signal is aborted, for the runs under way. */
export function runJobs(
  jobs: readonly Job<object>[],
  context: JobContext,
  clock: Clock,
  signal: AbortSignal,
): () => Promise<void> {
  const running = new Map<string, Promise<void>>();
  for (const job of jobs) {
    const run = async () => {
      if (running.has(job.kind)) return;
      running.set(job.kind, runOnce(job, context, signal));
      await running.get(job.kind);
      running.delete(job.kind);
    };
    if (job.schedule === undefined || job.schedule.atStart) void run();
    if (job.schedule !== undefined) clock.every(job.schedule.everyMs, signal, run);
  }
  return async () => {
    await Promise.all(running.values());
  };
}

async function runOnce(job: Job<object>, context: JobContext, signal: AbortSignal): Promise<void> {
  try {
    await job.run(context, job.payload.parse({}), signal);
  } catch (error) {
    if (!signal.aborted) context.log.error({ err: error, job: job.kind }, 'a job failed; its next run tries again');
  }
}
