/** A clock that stands until a test moves it. Whoever waits for it goes on in the order of the times waited for. */
import { type Clock, nextTurn } from '../../src/runtime/clock.js';

interface Alarm {
  readonly dueAt: number;
  ring(): void;
}

export class ManualClock implements Clock {
  #now: number;
  #elapsed = 0;
  /** How long the machine slept. */
  #slept = 0;
  /** Those who wait, the earliest first; of the same time, whoever began to wait first. */
  readonly #alarms: Alarm[] = [];
  #watchers: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  uptime(): number {
    return this.#elapsed + this.#slept;
  }

  /** The machine sleeps: the world's time goes on, and nothing in the machine does. */
  suspend(ms: number): void {
    this.#now += ms;
    this.#slept += ms;
  }

  /** The world is at another time: one that has passed until then, or, for made histories, an earlier one. */
  goTo(at: number): void {
    if (at >= this.#now) this.advance(at - this.#now);
    else this.suspend(at - this.#now);
  }

  /** The clock is set to another time, as a person could: no time passes, so nobody who waits goes on. */
  set(now: number): void {
    this.#now = now;
  }

  /** Time passes: whoever waited for a time up to then is called at that time. What they await goes on after this returns. */
  advance(ms: number): void {
    const end = this.#elapsed + ms;
    for (;;) {
      const next = this.#alarms[0];
      if (next === undefined || next.dueAt > end) break;
      this.#alarms.shift();
      this.#pass(next.dueAt - this.#elapsed);
      next.ring();
    }
    this.#pass(end - this.#elapsed);
  }

  /** Time passes step by step until something has happened. */
  async advanceUntil<T>(happened: Promise<T>, stepMs: number): Promise<T> {
    let isPending = true;
    const ended = () => {
      isPending = false;
    };
    happened.then(ended, ended);
    while (isPending) {
      this.advance(stepMs);
      await nextTurn();
    }
    return happened;
  }

  /** Sleepers and regular tasks. */
  get waiting(): number {
    return this.#alarms.length;
  }

  /** Resolves as soon as so many wait for this clock at once. */
  async whenWaiting(count: number): Promise<void> {
    if (this.#alarms.length >= count) return;
    await new Promise<void>((resolve) => this.#watchers.push({ count, resolve }));
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    const rung = new AbortController();
    await new Promise<void>((resolve) => {
      const cancel = this.#ringAt(this.#elapsed + ms, resolve);
      const giveUp = () => {
        cancel();
        resolve();
      };
      signal?.addEventListener('abort', giveUp, { signal: rung.signal });
    });
    rung.abort();
  }

  every(ms: number, signal: AbortSignal, task: () => Promise<void>): void {
    if (signal.aborted) return;
    let running = false;
    let cancel = () => {};
    const schedule = (dueAt: number) => {
      cancel = this.#ringAt(dueAt, () => {
        schedule(dueAt + ms);
        if (running) return;
        running = true;
        void task().finally(() => {
          running = false;
        });
      });
    };
    schedule(this.#elapsed + ms);
    signal.addEventListener('abort', () => cancel(), { once: true });
  }

  #pass(ms: number): void {
    this.#elapsed += ms;
    this.#now += ms;
  }

  /** Gives what cancels it. */
  #ringAt(dueAt: number, ring: () => void): () => void {
    const alarm = { dueAt, ring };
    const later = this.#alarms.findIndex((other) => other.dueAt > dueAt);
    this.#alarms.splice(later === -1 ? this.#alarms.length : later, 0, alarm);
    const isReached = ({ count }: { count: number }) => this.#alarms.length >= count;
    for (const { resolve } of this.#watchers.filter(isReached)) resolve();
    this.#watchers = this.#watchers.filter((watcher) => !isReached(watcher));
    return () => {
      const index = this.#alarms.indexOf(alarm);
      if (index !== -1) this.#alarms.splice(index, 1);
    };
  }
}
