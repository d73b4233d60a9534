/**
 * One writer process per data directory. The lock is the operating system's lock on `writer.lock`, taken through an
 * exclusive transaction on it: it goes with the process that holds it, however that ends, so there is no stale lock.
 * `writer.json` beside it says who holds it, for people.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { StorageError } from '../../storage-error.js';
import type { Listening } from '../engine.js';
import { holdFile } from './held-file.js';

export interface WriterInfo {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  /** Where the holder listens, when it is a daemon. */
  readonly url?: string | undefined;
  /** Path of its Unix socket, where it has one. */
  readonly socket?: string | undefined;
}

/** Who asks for the holder has the lock for a moment (`currentWriter`): taking it must not fail because of that. */
const probeMsMax = 250;

const lockFile = (folder: string) => join(folder, 'writer.lock');
const infoFile = (folder: string) => join(folder, 'writer.json');

export class WriterLock {
  readonly #folder: string;
  readonly #handle: Database.Database;
  #info: WriterInfo;

  private constructor(folder: string, handle: Database.Database, now: number) {
    this.#folder = folder;
    this.#handle = handle;
    this.#info = { pid: process.pid, host: hostname(), since: new Date(now).toISOString() };
    this.#publish();
  }

  /** Throws a `StorageError` that names pid and host of the holder when another process has it. */
  static take(folder: string, now: number): WriterLock {
    const handle = holdFile(lockFile(folder), { timeout: probeMsMax });
    if (handle === null) {
      throw new StorageError(
        'locked',
        `${folder} is in use by ${describe(readInfo(folder))}; only one process may write to it`,
      );
    }
    return new WriterLock(folder, handle, now);
  }

  announce({ url, socket }: Listening): void {
    this.#info = { ...this.#info, url, socket: socket ?? undefined };
    this.#publish();
  }

  release(): void {
    rmSync(infoFile(this.#folder), { force: true });
    this.#handle.close();
  }

  #publish(): void {
    // Whoever looks for the daemon finds the file whole, or as it was before.
    const partial = `${infoFile(this.#folder)}.partial`;
    writeFileSync(partial, `${JSON.stringify(this.#info)}\n`, { mode: 0o600 });
    renameSync(partial, infoFile(this.#folder));
  }
}

/** Who writes to a data directory now; null when nobody does. */
export function currentWriter(folder: string): WriterInfo | null {
  try {
    const handle = holdFile(lockFile(folder), { fileMustExist: true });
    handle?.close();
    return handle === null ? readInfo(folder) : null;
  } catch {
    return null;
  }
}

const unknownWriter: WriterInfo = { pid: 0, host: 'unknown', since: '' };

function readInfo(folder: string): WriterInfo {
  try {
    return JSON.parse(readFileSync(infoFile(folder), 'utf8'));
  } catch {
    return unknownWriter;
  }
}

function describe({ pid, host, url }: WriterInfo): string {
  return pid === 0 ? 'another process' : `process ${pid} on ${host}${url === undefined ? '' : ` (${url})`}`;
}
