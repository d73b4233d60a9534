/**
 * Finds the report at which the daemon fails, among those that are sent with it, so that the others do not wait behind it for
 * ever. One that failed three times is passed over, and put aside as soon as the daemon took anything else: where it takes
 * nothing, it is the daemon that is at fault.
 */
import type { Spool, SpooledReport } from './spool.js';

/** So often in a row the daemon may fail at one report. */
const failuresMax = 3;

/** What the daemon calls a failure at one item of a request. */
export const itemFailed = 'item_failed';

export class Isolation {
  readonly #chunkMax: number;
  #length: number;
  readonly #failures = new Map<string, number>();
  readonly #passedOver = new Map<string, string>();
  #daemonWorks = false;

  constructor(chunkMax: number) {
    this.#chunkMax = chunkMax;
    this.#length = chunkMax;
  }

  /** What may be sent at once, of what waits. */
  chosen(waiting: readonly SpooledReport[]): readonly SpooledReport[] {
    return waiting.filter(({ key }) => !this.#passedOver.has(key)).slice(0, this.#length);
  }

  /** How many reports are to be read, so that enough may be sent. */
  get wanted(): number {
    return this.#chunkMax + this.#passedOver.size;
  }

  /** The daemon answered for each report of a request. */
  answered(): void {
    this.#daemonWorks = true;
    this.#length = Math.min(this.#chunkMax, this.#length * 2);
  }

  /** The daemon failed at a request. True where less is to be sent at once, without waiting. */
  failed(chunk: readonly SpooledReport[], reason: string): boolean {
    const [first] = chunk;
    if (chunk.length > 1) {
      this.#length = Math.ceil(chunk.length / 2);
      return true;
    }
    return first !== undefined && this.failedAt(first.key, reason);
  }

  /** The daemon failed at this report. True where it is passed over from now on. */
  failedAt(key: string, reason: string): boolean {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    if (failures < failuresMax) return false;
    this.#passedOver.set(key, reason);
    this.#length = this.#chunkMax;
    return true;
  }

  /** Puts aside what was passed over, in a folder where people can look at it; what was. */
  async putAside(spool: Spool): Promise<ReadonlyMap<string, { readonly code: string; readonly detail: string }>> {
    const aside = new Map<string, { code: string; detail: string }>();
    if (!this.#daemonWorks) return aside;
    for (const [key, reason] of this.#passedOver) {
      const detail = `the daemon failed at it ${failuresMax} times (${reason}); its file, moved back into the spool, is sent again`;
      await spool.reject(key, { code: itemFailed, detail });
      aside.set(key, { code: itemFailed, detail });
    }
    return aside;
  }
}
