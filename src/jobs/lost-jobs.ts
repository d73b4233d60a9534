/** Jobs whose holders are gone, and those that failed as often as they may: people are told of these. */
import type { CommandOf } from '../events/command.js';
import { jobDead } from '../ledger/own-commands.js';
import { limits } from '../limits.js';
import type { ChoreContext } from './chore.js';

export interface AboutJob {
  readonly id: string;
  readonly kind: string;
  readonly pool: string | null;
}

/** Takes back the claims that ran out. Gives how many. */
export async function reclaimExpired(context: ChoreContext): Promise<number> {
  let count = 0;
  for (;;) {
    const reclaimed = await context.ledger.jobStore.reclaim(limits.jobsSweptAtOnce);
    context.figures?.expired(reclaimed.length);
    for (const { id, kind, state } of reclaimed)
      context.log.warn({ job: kind, id, state }, 'whoever ran a job did not renew its claim');
    for (const job of reclaimed) if (job.state === 'dead') await tellDead(context, job);
    count += reclaimed.length;
    if (reclaimed.length < limits.jobsSweptAtOnce) return count;
  }
}

export async function tellDead(context: ChoreContext, job: AboutJob): Promise<void> {
  context.log.error({ job: job.kind, id: job.id }, 'a job is dead: it failed as often as it may');
  await alertAbout(context, job, jobDead(job.kind, job.id));
}

/** By an event of the pool that the job is about; else of the first one. */
export async function alertAbout(
  { ledger, log }: ChoreContext,
  { pool }: AboutJob,
  alert: CommandOf<'alert.raised' | 'alert.cleared'>,
) {
  const about = ledger.poolNames.find((name) => name === pool) ?? ledger.poolNames[0];
  if (about === undefined) return;
  try {
    await ledger.submitOne(about, alert);
  } catch (error) {
    log.warn({ err: error }, 'an alert could not be recorded');
  }
}
