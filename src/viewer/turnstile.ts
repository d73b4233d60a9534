/** Who may go on now: one statement of each caller at a time, few in all, and a short queue. */
import { limits } from '../limits.js';
import { Problem } from '../problems.js';

interface Waiting {
  readonly caller: string;
  readonly enter: () => void;
}

export class Turnstile {
  readonly #inside: string[] = [];
  readonly #waiting: Waiting[] = [];

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when it is the caller's turn, with what ends it. Throws `query_busy`, and what the signal is aborted with. */
  async enter(caller: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (!this.#mayEnter(caller)) {
      if (this.#waiting.length >= limits.viewerWaitingMax) throw new Problem('query_busy');
      await this.#wait(caller, signal);
    } else this.#inside.push(caller);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#leave(caller);
    };
  }

  #mayEnter(caller: string): boolean {
    return this.#inside.length < limits.viewerAtOnceMax && !this.#inside.includes(caller);
  }

  #wait(caller: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
      };
      const waiting = {
        caller,
        enter: () => {
          signal.removeEventListener('abort', giveUp);
          this.#inside.push(caller);
          resolve();
        },
      };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  #leave(caller: string): void {
    this.#inside.splice(this.#inside.indexOf(caller), 1);
    for (const next of this.#waiting.filter((each) => this.#mayEnter(each.caller))) {
      if (!this.#mayEnter(next.caller)) continue;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.enter();
    }
  }
}
