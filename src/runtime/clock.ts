/** The clock of a process: the one place, outside the command line and the client, that reads the time and waits for it. */
import { setTimeout as wait } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds UTC. */
  now(): number;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Runs the task every so many milliseconds until the signal is aborted, and never twice at the same time. */
  every(ms: number, signal: AbortSignal, task: () => Promise<void>): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    await wait(ms, undefined, { signal, ref: false }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  },
  every(ms, signal, task) {
    let running = false;
    const timer = setInterval(() => {
      if (running) return;
      running = true;
      task().finally(() => {
        running = false;
      });
    }, ms);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    if (signal.aborted) clearInterval(timer);
  },
};
