/**
 * The log as a file. A line is there whole or not at all. By itself it begins another file at a size or an age, compresses those before
 * and keeps so many; or a tool does, and it notices that its file was renamed. While the disk is full lines are dropped and counted.
 */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { Clock } from '../runtime/clock.js';
import { systemErrorText } from '../text/system-error.js';

export interface LogFileSettings {
  readonly path: string;
  readonly rotate: 'self' | 'external';
  readonly bytesMax: number;
  readonly ageMsMax: number;
  /** Files before the current one. */
  readonly keep: number;
}

export class LogFile {
  readonly #path: string;
  readonly #clock: Clock;
  /** Is told once that lines are dropped. */
  readonly #onDropped: (message: string) => void;
  #settings: LogFileSettings;
  #fd: number;
  #bytes = 0;
  #begunAt = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #dropped = 0;
  #compressing: Promise<void> = Promise.resolve();

  /** Throws `setting_invalid` where there can be no such file. */
  constructor(settings: LogFileSettings, clock: Clock, onDropped: (message: string) => void) {
    this.#path = settings.path;
    this.#settings = settings;
    this.#clock = clock;
    this.#onDropped = onDropped;
    try {
      mkdirSync(dirname(settings.path), { recursive: true, mode: 0o700 });
      this.#fd = this.#open();
    } catch (error) {
      throw new Problem('setting_invalid', `log.file: ${systemErrorText(error as NodeJS.ErrnoException)}.`);
    }
    this.#tidyLater();
  }

  change(settings: Pick<LogFileSettings, 'bytesMax' | 'ageMsMax' | 'keep'>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Lines, each with its end. */
  write(text: string): void {
    this.#look();
    const bytes = Buffer.from(text);
    if (this.#settings.rotate === 'self' && this.#isFull(bytes.length)) this.#rotate();
    if (this.#dropped > 0 && !this.#append(Buffer.from(this.#droppedLine()))) return this.#drop();
    this.#dropped = 0;
    if (!this.#append(bytes)) this.#drop();
  }

  /** What was renamed is left, and the file of the name is written to. Where it cannot be opened, the old one goes on. */
  reopen(): void {
    try {
      const fd = this.#open();
      closeSync(this.#fd);
      this.#fd = fd;
    } catch (error) {
      this.#onDropped(`the log goes on in its old file: ${systemErrorText(error as NodeJS.ErrnoException)}`);
    }
  }

  /** Waits until those before are compressed. */
  async close(): Promise<void> {
    await this.#compressing;
    closeSync(this.#fd);
  }

  #open(): number {
    const isThere = existsSync(this.#path);
    const fd = openSync(this.#path, 'a', 0o600);
    const { size, birthtimeMs } = fstatSync(fd);
    this.#bytes = size;
    this.#begunAt = isThere && birthtimeMs > 0 ? birthtimeMs : this.#clock.now();
    return fd;
  }

  /** False where there was no room for all of it: then nothing of it is there. */
  #append(bytes: Buffer): boolean {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
      this.#bytes += bytes.length;
      return true;
    } catch {
      if (written > 0) ftruncateSync(this.#fd, this.#bytes);
      return false;
    }
  }

  #drop(): void {
    this.#dropped += 1;
    if (this.#dropped === 1)
      this.#onDropped(`${this.#path} cannot be written to: lines of the log are dropped, and counted`);
  }

  #droppedLine(): string {
    const msg = 'lines of the log were dropped, as its file could not be written to';
    return `${JSON.stringify({ level: 40, time: this.#clock.now(), lines: this.#dropped, msg })}\n`;
  }

  /** Somebody may have renamed or removed it. */
  #look(): void {
    const now = this.#clock.elapsed();
    if (now - this.#lookedAt < limits.logWatchMs) return;
    this.#lookedAt = now;
    const found = statSync(this.#path, { throwIfNoEntry: false });
    const { ino, dev } = fstatSync(this.#fd);
    if (found?.ino !== ino || found.dev !== dev) this.reopen();
  }

  #isFull(more: number): boolean {
    if (this.#bytes === 0) return false;
    const { bytesMax, ageMsMax } = this.#settings;
    return this.#bytes + more > bytesMax || this.#clock.now() - this.#begunAt > ageMsMax;
  }

  #rotate(): void {
    const stamp = new Date(this.#clock.now()).toISOString().replace(/[-:]/g, '');
    let name = `${this.#path}.${stamp}`;
    for (let count = 1; existsSync(name) || existsSync(`${name}.gz`); count++) name = `${this.#path}.${stamp}-${count}`;
    try {
      renameSync(this.#path, name);
    } catch {
      // Of a folder that nothing can be changed in, the file goes on.
      this.#begunAt = this.#clock.now();
      return;
    }
    this.reopen();
    this.#begunAt = this.#clock.now();
    this.#tidyLater();
  }

  #tidyLater(): void {
    if (this.#settings.rotate !== 'self') return;
    this.#compressing = this.#compressing.then(() => this.#tidy()).catch(() => undefined);
  }

  /** Compresses those before, also what an end came between, and removes those that are too many. */
  async #tidy(): Promise<void> {
    for (const path of this.#before().filter((each) => !each.endsWith('.gz'))) {
      const partial = `${path}.partial`;
      await pipeline(createReadStream(path), createGzip(), createWriteStream(partial, { mode: 0o600 }));
      renameSync(partial, `${path}.gz`);
      rmSync(path);
    }
    for (const path of this.#before().slice(this.#settings.keep)) rmSync(path, { force: true });
  }

  /** The newest first. */
  #before(): readonly string[] {
    const folder = dirname(this.#path);
    const start = `${basename(this.#path)}.2`;
    return readdirSync(folder)
      .filter((name) => name.startsWith(start) && !name.endsWith('.partial'))
      .sort()
      .reverse()
      .map((name) => join(folder, name));
  }
}
