/** Wakes one who waits: rung before the wait or in it, which is one and the same, however often. */
import type { Clock } from './clock.js';

export class Bell {
  #isRung = false;
  #wake: () => void = () => undefined;

  ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  /** Resolves when it was rung since the last time, after so long, or when the signal is aborted. */
  async wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const wake = () => woken.abort();
    this.#wake = wake;
    signal.addEventListener('abort', wake);
    if (!this.#isRung && !signal.aborted) await clock.sleep(ms, woken.signal);
    signal.removeEventListener('abort', wake);
    this.#wake = () => undefined;
    this.#isRung = false;
  }
}
