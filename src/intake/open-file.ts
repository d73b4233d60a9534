/** A regular file, open for reading. What is none is not waited for: a FIFO that took its place has perhaps no writer. */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

export class OpenFile {
  readonly #descriptor: number;
  readonly stats: BigIntStats;

  /** Null where it is no regular file. */
  static open(file: string): OpenFile | null {
    const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(descriptor, { bigint: true });
    if (stats.isFile()) return new OpenFile(descriptor, stats);
    closeSync(descriptor);
    return null;
  }

  private constructor(descriptor: number, stats: BigIntStats) {
    this.#descriptor = descriptor;
    this.stats = stats;
  }

  /** When it was opened: what is appended later is read the next time. */
  get size(): number {
    return Number(this.stats.size);
  }

  /** Whether it was cut since: then what was read is perhaps not what is there. */
  get wasCut(): boolean {
    return fstatSync(this.#descriptor, { bigint: true }).size < this.stats.size;
  }

  /** How many bytes were read: 0 at the end. */
  read(into: Uint8Array, at: number, length: number, offset: number): number {
    return length === 0 ? 0 : readSync(this.#descriptor, into, at, length, offset);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
