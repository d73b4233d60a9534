/** Delivers reports until the ledger has answered for each of them, and counts what it said. */
import { type BackoffSettings, backoffMs } from '../client/backoff.js';
import { limits } from '../limits.js';
import { type ProblemCode, problems } from '../problems.js';
import type { Clock } from '../runtime/clock.js';
import type { LogPlace } from './cursor.js';
import { type Origin, recordable } from './recordable.js';
import type { Report } from './report.js';
import { type Sink, SinkFailure, type SinkOutcome } from './sink.js';
import type { Tally } from './tally.js';

export interface DeliverySettings {
  readonly sink: Sink;
  readonly origin: Origin;
  readonly clock: Clock;
  /** How long a ledger that is away or full is tried again. */
  readonly tryMs: number;
  /** Aborted: nothing more is sent, nor waited for. */
  readonly abort?: AbortSignal | undefined;
}

/** Whoever collects does not want to wait any longer. */
export class DeliveryAborted extends Error {}

const backoff: BackoffSettings = { baseMs: 200, maxMs: 10_000 };
/** So often one report that the ledger fails at is sent; the others do not wait for it any longer then. */
const attemptsMax = 5;

export class Delivery {
  /** Of the newest event that was recorded. */
  newest: LogPlace | null = null;
  /** What lies in the future by the clock of the ledger: to be sent again when its time has come. */
  readonly early: Report[] = [];
  readonly #settings: DeliverySettings;
  readonly #tally: Tally;
  readonly #mended = new WeakSet<Report>();

  constructor(settings: DeliverySettings, tally: Tally) {
    this.#settings = settings;
    this.#tally = tally;
  }

  /** Returns once all are answered. Throws a `SinkFailure` where the ledger stays away, and a `DeliveryAborted`. */
  async send(reports: readonly Report[]): Promise<void> {
    const { clock, tryMs, abort } = this.#settings;
    const deadline = clock.elapsed() + tryMs;
    let waiting = reports;
    /** How often the ledger was away, and how often it answered. */
    let [failures, answers] = [0, 0];
    while (waiting.length > 0) {
      const sent = new Set(waiting);
      try {
        waiting = await this.#attempt(waiting, answers);
        // Those that were mended just now go out at once.
        if (waiting.some((report) => sent.has(report))) await clock.sleep(backoffMs(answers, backoff), abort);
        answers += 1;
      } catch (error) {
        if (!(error instanceof SinkFailure)) throw error;
        if (error.isTooMuch && sent.size > 1) return this.#halves(waiting);
        const pause = backoffMs(failures, backoff, error.retryAfterMs);
        if (!error.isTransient || clock.elapsed() + pause > deadline) throw error;
        await clock.sleep(pause, abort);
        failures += 1;
      }
    }
  }

  async #halves(reports: readonly Report[]): Promise<void> {
    const middle = Math.ceil(reports.length / 2);
    await this.send(reports.slice(0, middle));
    await this.send(reports.slice(middle));
  }

  /** The reports that are to be sent again. */
  async #attempt(reports: readonly Report[], answers: number): Promise<Report[]> {
    const { sink, abort } = this.#settings;
    const outcomes = await unlessAborted(sink(reports, abort), abort);
    return reports.flatMap((report, i) => {
      const outcome: SinkOutcome = outcomes[i] ?? { status: 'rejected' };
      const { status, code = 'no_answer' } = outcome;
      if (status === 'recorded') this.#isRecorded(outcome);
      // A key is made of what a report says: it was recorded, perhaps in another mode.
      else if (status === 'repeated' || code === 'key_reused') this.#tally.add('repeated');
      else return this.#again(report, code, answers);
      return [];
    });
  }

  #isRecorded({ seq, hash, instead }: SinkOutcome): void {
    this.#tally.add(instead === 'usage.corrected' ? 'corrected' : 'recorded');
    if (seq !== undefined && hash !== undefined && seq > (this.newest?.seq ?? 0)) this.newest = { seq, hash };
  }

  #again(report: Report, code: string, answers: number): Report[] {
    const mended = code === 'invalid_field' && !this.#mended.has(report) ? this.#mend(report) : null;
    if (mended !== null) return [mended];
    const mayPass = Object.hasOwn(problems, code) && problems[code as ProblemCode].retry !== 'never';
    if (mayPass && answers + 1 < attemptsMax) return [report];
    if (code === 'occurred_in_future' && this.early.length < limits.earlyReportsMax) this.early.push(report);
    else this.#tally.skip(code.replaceAll('_', '-'));
    return [];
  }

  #mend(report: Report): Report | null {
    const left = recordable(report, this.#settings.origin);
    if (left !== null) this.#mended.add(left);
    return left;
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let leave = () => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(new DeliveryAborted());
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
