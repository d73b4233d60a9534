/** Waiting for the end of a job, wherever it is done. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobAnswer } from './ledger-client.js';

const lookMs = 50;

export async function endOfJob(look: () => Promise<JobAnswer>): Promise<JobAnswer> {
  for (;;) {
    const job = await look();
    if (job.finished_at !== null) return job;
    await sleep(lookMs);
  }
}
