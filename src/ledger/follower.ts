/**
 * Follows what other nodes append to the same logs: looks at the heads, soon again after it found something and less
 * and less often while nothing happens. A node that is asked to decide catches up by itself; this is for its answers
 * and live feeds in between.
 */
import type { Engine, PoolRecord } from '../engines/engine.js';
import { limits } from '../limits.js';
import type { Clock } from '../runtime/clock.js';

export class Follower {
  readonly #engine: Engine;
  readonly #clock: Clock;
  /** Takes note of the heads; whether any of them was news. */
  readonly #look: (heads: readonly PoolRecord[]) => Promise<boolean>;
  readonly #stopped = new AbortController();
  readonly #following: Promise<void>;

  constructor(engine: Engine, clock: Clock, look: (heads: readonly PoolRecord[]) => Promise<boolean>) {
    this.#engine = engine;
    this.#clock = clock;
    this.#look = look;
    this.#following = this.#follow(this.#stopped.signal);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#following;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let waitMs: number = limits.followMsMin;
    for (;;) {
      await this.#clock.sleep(waitMs, signal);
      if (signal.aborted) return;
      // While the server cannot be reached there is nothing to follow; requests say so to those who ask.
      const isNews = await this.#engine
        .pools()
        .then(this.#look)
        .catch(() => false);
      waitMs = isNews ? limits.followMsMin : Math.min(limits.followMsMax, waitMs * 1.5);
    }
  }
}
