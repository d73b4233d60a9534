/** Asks the storage whether it answers and takes writes, however many want to know at the same time. */
import type { Engine } from '../engines/engine.js';
import { limits } from '../limits.js';
import type { Clock } from '../runtime/clock.js';
import { StorageError } from '../storage-error.js';

export class StorageProbe {
  readonly #engine: Engine;
  readonly #clock: Clock;
  #probe: Promise<unknown> | null = null;
  #writableAt = Number.NEGATIVE_INFINITY;

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** As `Ledger.answers`. */
  async answers(): Promise<void> {
    this.#probe ??= Promise.all([this.#engine.pools(), this.#takesWrites()]).finally(() => {
      this.#probe = null;
    });
    const answered = new AbortController();
    const late = this.#clock.sleep(limits.storageAnswerMsMax, answered.signal).then(() => {
      if (answered.signal.aborted) return;
      throw new StorageError('unavailable', `the storage did not answer within ${limits.storageAnswerMsMax / 1_000} s`);
    });
    try {
      await Promise.race([this.#probe, late]);
    } finally {
      answered.abort();
    }
  }

  /** Looked at once a second, however often readiness is asked for. */
  async #takesWrites(): Promise<void> {
    const now = this.#clock.elapsed();
    if (now - this.#writableAt < limits.writableMs) return;
    await this.#engine.checkWritable();
    this.#writableAt = now;
  }
}
