/** The clock of a process: the one place, outside the command line and the client, that reads the time and waits for it. */
import { uptime } from 'node:os';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds UTC. A person or a server may set it, so two readings say nothing certain about what lies between them. */
  now(): number;
  /** Milliseconds since an arbitrary instant, which never go back: for durations and deadlines. */
  elapsed(): number;
  /**
   * Milliseconds since the machine was started. Unlike `elapsed` it also counts the time in which the machine slept; it is only
   * good to a hundredth of a second, and reading it costs a system call or two.
   */
  uptime(): number;
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
  uptime: () => uptime() * 1_000,
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

/** A clock whose time is the given one in every respect, for made data: it never jumps, it only passes. */
export const clockOf = (now: () => number): Clock => ({ ...systemClock, now, elapsed: now, uptime: now });

/**
 * Resolves once what has already arrived for this thread has been handled. A function and no method of `Clock`, as it waits for no
 * time: under a clock that stands still it must go on.
 */
export const nextTurn = (): Promise<void> => turn();
