/**
 * What the last week would have been under other rules, worked out in a thread of its own, so that requests of the daemon do not wait for
 * it. One at a time, as it takes a processor for itself; a few may wait for their turn.
 */
import type { PoolId } from '../events/scalars.js';
import type { PolicyChange } from '../fairness/policy.js';
import { Problem } from '../problems.js';
import type { Clock } from '../runtime/clock.js';
import { Thread } from '../runtime/thread.js';
import type { Comparison } from './compare.js';
import type { OtherWeights } from './counterfactual.js';

export interface PreviewJob {
  /** A data directory, or the URL of a server. */
  readonly database: string;
  readonly pool: PoolId;
  readonly change: PolicyChange;
  readonly weights: OtherWeights;
}

const waitingMax = 4;
const previewMsMax = 60_000;

export class Previews {
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `queue_full` where too many wait. Null where it took longer than a minute; the thread is ended then. */
  async run(job: PreviewJob): Promise<Comparison | null> {
    if (this.#waiting >= waitingMax)
      throw new Problem('queue_full', 'other weeks are being worked out: try again soon');
    this.#waiting += 1;
    const turn = this.#last.then(() => runPreview(job, this.#clock));
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }
}

async function runPreview(job: PreviewJob, clock: Clock): Promise<Comparison | null> {
  const done = new AbortController();
  const thread = new Thread<PreviewJob, Comparison>(new URL('./preview-worker.js', import.meta.url), {
    whenEnded: () => new Error('the thread that works out a week has ended'),
  });
  try {
    return await Promise.race([thread.ask(job), clock.sleep(previewMsMax, done.signal).then(() => null)]);
  } finally {
    done.abort();
    await thread.end();
  }
}
