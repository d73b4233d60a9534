/** An answer that is kept for a while: it is asked for again when it is older, and by one at a time. */
import { limits } from '../limits.js';
import type { Clock } from '../runtime/clock.js';

/** What took long is asked for less often: it takes no more than this part of the time. */
export const askedTimes = 100;

export class CachedAnswer<T> {
  readonly #clock: Clock;
  readonly #keptMs: number;
  readonly #ask: () => Promise<T>;
  #answer: T | null = null;
  #until = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | null = null;

  constructor(clock: Clock, keptMs: number, ask: () => Promise<T>) {
    this.#clock = clock;
    this.#keptMs = keptMs;
    this.#ask = ask;
  }

  /** Null where it could not be had, or not within the time in which a storage answers. */
  async get(): Promise<T | null> {
    if (this.#clock.elapsed() < this.#until) return this.#answer;
    this.#asking ??= this.#askNow();
    const done = new AbortController();
    const late = this.#clock.sleep(limits.storageAnswerMsMax, done.signal).then(() => null);
    const answer = await Promise.race([this.#asking.then(() => this.#answer), late]);
    done.abort();
    return answer;
  }

  async #askNow(): Promise<void> {
    const since = this.#clock.elapsed();
    try {
      this.#answer = await this.#ask();
    } catch {
      this.#answer = null;
    }
    const now = this.#clock.elapsed();
    if (this.#keptMs > 0) this.#until = now + Math.max(this.#keptMs, askedTimes * (now - since));
    this.#asking = null;
  }
}
