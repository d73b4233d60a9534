/** One job done in this process, which has the ledger open. */
import { showJob } from '../jobs/listing.js';
import { JobRunner } from '../jobs/runner.js';
import type { Work } from '../jobs/work.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { endOfJob } from './end-of-job.js';
import type { JobAnswer } from './ledger-client.js';
import { remark } from './output.js';

/** Under the same claim as in a daemon: where one does it already, its end is waited for. */
export async function runJobHere(ledger: Ledger, work: Work, kind: string, id: string): Promise<JobAnswer> {
  const say = (_fields: unknown, text: string) => remark(text);
  const runner = new JobRunner(
    work.jobs.filter((job) => job.kind === kind),
    work.queue,
    null,
    { ledger, log: { debug: () => undefined, info: say, warn: say, error: say } as never },
    { pollMs: limits.jobPollMs, heartbeatMs: limits.jobHeartbeatMs, concurrency: 1, drainMs: limits.drainMsMax },
  );
  try {
    return await endOfJob(() => showJob(ledger, id));
  } finally {
    await runner.stop();
  }
}
