/** The clock of a process: the one place, outside the command line and the client, that reads the time and waits for it. */
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds UTC. A person or a server may set it, so two readings say nothing certain about what lies between them. */
  now(): number;
  /** Milliseconds since an arbitrary instant, which never go back: for durations and deadlines. */
  elapsed(): number;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. Keeps the process alive meanwhile. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Runs the task every so many milliseconds until the signal is aborted, and never twice at the same time. It does not keep the
   * process alive.
   */
  every(ms: number, signal: AbortSignal, task: () => Promise<void>): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  async sleep(ms, signal) {
    await wait(ms, undefined, { signal }).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
    });
  },
  every(ms, signal, task) {
    if (signal.aborted) return;
    let running = false;
    const timer = setInterval(() => {
      if (running) return;
      running = true;
      void task().finally(() => {
        running = false;
      });
    }, ms);
    timer.unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  },
};

/**
 * Resolves once what has already arrived for this thread has been handled. A function and no method of `Clock`, as it waits for no
 * time: under a clock that stands still it must go on.
 */
export const nextTurn = (): Promise<void> => turn();
