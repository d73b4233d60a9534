/** Runs the jobs of a daemon, each by its schedule, until the signal is aborted. A run that fails is logged; the next one tries again. */
import type { Clock } from '../runtime/clock.js';
import type { Job, JobContext } from './job.js';

export function runJobs(jobs: readonly Job<object>[], context: JobContext, clock: Clock, signal: AbortSignal): void {
  for (const job of jobs) {
    const run = () => runOnce(job, context, signal);
    if (job.schedule === undefined || job.schedule.atStart) void run();
    if (job.schedule !== undefined) clock.every(job.schedule.everyMs, signal, run);
  }
}

async function runOnce(job: Job<object>, context: JobContext, signal: AbortSignal): Promise<void> {
  try {
    await job.run(context, job.payload.parse({}), signal);
  } catch (error) {
    if (!signal.aborted) context.log.error({ err: error, job: job.kind }, 'a job failed; its next run tries again');
  }
}
