/**
 * The answer to a stream of commands, written while the commands still come in. A client that reads only after it has
 * written everything is served from memory, up to a limit; then its own writing has to wait.
 */
import { Readable } from 'node:stream';
import { limits } from '../../limits.js';

export class OutcomeStream extends Readable {
  #full = false;
  #waiting: (() => void)[] = [];

  constructor(bytesMax: number = limits.streamOutcomeBytesMax) {
    super({ highWaterMark: bytesMax });
    this.once('close', () => this.#release());
  }

  override _read(): void {
    this.#release();
  }

  write(text: string): void {
    if (this.destroyed) return;
    if (!this.push(text)) this.#full = true;
  }

  end(): void {
    if (!this.destroyed) this.push(null);
  }

  /** Resolves when there is room again, or nobody reads any more. */
  async room(): Promise<void> {
    if (!this.#full || this.destroyed) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #release(): void {
    this.#full = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
