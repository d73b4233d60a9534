/**
 * Follows what other nodes append to the same logs: looks at the heads, soon again after it found something and less
 * and less often while nothing happens. A node that is asked to decide catches up by itself; this is for its answers
 * and live feeds in between.
 */
import type { Engine, PoolRecord } from '../engines/engine.js';
import { limits } from '../limits.js';

export class Follower {
  readonly #engine: Engine;
  /** Takes note of the heads; whether any of them was news. */
  readonly #look: (heads: readonly PoolRecord[]) => Promise<boolean>;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #waitMs: number = limits.followMsMin;

  constructor(engine: Engine, look: (heads: readonly PoolRecord[]) => Promise<boolean>) {
    this.#engine = engine;
    this.#look = look;
    this.#schedule();
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#looking;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#follow();
    }, this.#waitMs);
    this.#timer.unref();
  }

  async #follow(): Promise<void> {
    // While the server cannot be reached there is nothing to follow; requests say so to those who ask.
    const isNews = await this.#engine
      .pools()
      .then(this.#look)
      .catch(() => false);
    this.#waitMs = isNews ? limits.followMsMin : Math.min(limits.followMsMax, this.#waitMs * 1.5);
    if (this.#timer !== null) this.#schedule();
  }
}
