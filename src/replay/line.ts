/** A line that tasks stand in: a few are done at once, a few more wait, and whoever comes then is turned away. */
import { limits } from '../limits.js';
import { Problem } from '../problems.js';

export class Line {
  readonly #atOnceMax: number;
  readonly #waitingMax: number;
  #underWay = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnceMax: number = limits.asOfAtOnceMax, waitingMax: number = limits.asOfWaitingMax) {
    this.#atOnceMax = atOnceMax;
    this.#waitingMax = waitingMax;
  }

  /** Throws `past_busy` at once where there is no room. Given up by the signal, a task that waits is never begun. */
  async run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#underWay < this.#atOnceMax) this.#underWay += 1;
    else await this.#turn(signal);
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay -= 1;
      else next();
    }
  }

  /** Whoever is called has the place of the one before. */
  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax) {
      const text = `${this.#atOnceMax} questions about the past are being answered, and ${this.#waitingMax} wait`;
      throw new Problem('past_busy', text);
    }
    await new Promise<void>((resolve, reject) => {
      const called = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(called), 1);
        reject(signal.reason);
      };
      this.#waiting.push(called);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
