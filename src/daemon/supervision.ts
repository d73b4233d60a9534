/**
 * A daemon under a service manager: says when it is ready, how it is, that it loads its settings again, and that it ends; and, as long
 * as that is true, that it lives. The event loop turns where this runs at all; beside that the storage has to answer, and no commit
 * may stand still.
 */
import type { CommitCounts } from '../ledger/group-commit.js';
import { limits } from '../limits.js';
import { type Clock, systemClock } from '../runtime/clock.js';
import { Notifier, type Notifying, notifying } from '../runtime/notify.js';
import type { Environment } from '../settings/environment.js';
import { StorageError } from '../storage-error.js';

/** What is looked at to say how a daemon is. */
export interface Vitals {
  /** Events of all pools. */
  readonly events: number;
  readonly pools: number;
  readonly queued: number;
  readonly storageFault: string | null;
  readonly commits: CommitCounts;
  /** Whether other processes write to the same storage: that it is away is no reason to end this one then. */
  readonly isShared: boolean;
  /** As `Ledger.answers`. */
  answers(): Promise<void>;
}

export class Supervision {
  readonly #notifier: Notifier | null;
  readonly #watchdogMs: number | null;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  readonly #starting = new AbortController();
  #before: CommitCounts | null = null;
  #said = '';

  constructor({ socket, watchdogMs }: Notifying, onFault: (message: string) => void, clock: Clock = systemClock) {
    this.#notifier = socket === undefined ? null : new Notifier(onFault);
    this.#watchdogMs = watchdogMs;
    this.#clock = clock;
  }

  /** A migration may take long; as long as this process lives, its start is not given up. */
  starting(): void {
    if (this.#notifier === null) return;
    const more = async () => {
      await this.#notifier?.tell(`EXTEND_TIMEOUT_USEC=${limits.startMoreMs * 1_000}`, 'STATUS=opening the ledger');
    };
    this.#clock.every(limits.startMoreMs / 3, this.#starting.signal, more);
  }

  /** The ledger is open, and it listens. */
  async ready(vitals: Vitals): Promise<void> {
    this.#starting.abort();
    if (this.#notifier === null) return;
    this.#said = statusText(vitals);
    await this.#notifier.tell('READY=1', `STATUS=${this.#said}`);
    const everyMs = this.#watchdogMs === null ? limits.statusTellMs : this.#watchdogMs / 2;
    this.#clock.every(everyMs, this.#over.signal, () => this.#look(vitals));
  }

  /** While the work is done, the manager knows of it. */
  async reloading<T>(work: () => T | Promise<T>): Promise<T> {
    await this.#notifier?.tell('RELOADING=1', 'STATUS=reading its settings again');
    try {
      return await work();
    } finally {
      await this.#notifier?.tell('READY=1', `STATUS=${this.#said}`);
    }
  }

  async stopping(): Promise<void> {
    this.#over.abort();
    this.#starting.abort();
    await this.#notifier?.tell('STOPPING=1', 'STATUS=finishing what is under way');
  }

  async #look(vitals: Vitals): Promise<void> {
    const lives = this.#watchdogMs !== null && (await this.#lives(vitals));
    if (this.#over.signal.aborted || this.#notifier?.isBusy === true) return;
    const text = statusText(vitals);
    const states = [...(lives ? ['WATCHDOG=1'] : []), ...(text === this.#said ? [] : [`STATUS=${text}`])];
    this.#said = text;
    if (states.length > 0) await this.#notifier?.tell(...states);
  }

  async #lives(vitals: Vitals): Promise<boolean> {
    const { begun, ended } = vitals.commits;
    const hangs = this.#before !== null && begun > ended && this.#before.ended === ended && this.#before.begun > ended;
    this.#before = { begun, ended };
    if (vitals.isShared) return true;
    return !hangs && (await answersAtAll(vitals));
  }
}

/** An answer that says what is wrong is one: a disk that is full is no reason to kill who says so. */
async function answersAtAll(vitals: Vitals): Promise<boolean> {
  try {
    await vitals.answers();
    return true;
  } catch (error) {
    return !(error instanceof StorageError && error.reason === 'unavailable');
  }
}

/** No names in it: everybody of the machine may read it. */
export function statusText({ events, pools, queued, storageFault }: Vitals): string {
  const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  const fault = storageFault === null ? 'no fault' : 'the last commit failed';
  return `${many(events, 'event')} in ${many(pools, 'pool')}, ${queued} waiting, ${fault}`;
}

export const supervisionOf = (environment: Environment, onFault: (message: string) => void): Supervision =>
  new Supervision(notifying(environment), onFault);
