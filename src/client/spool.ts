/**
 * The spool: reports on disk that no daemon has acknowledged yet, one file each. A report is written under a temporary
 * name, synced, renamed and its directory synced before it counts as spooled, so that a crash loses nothing that was
 * accepted. The file's name is the report's idempotency key: a report that is sent again is not counted again, and
 * any number of processes may share a spool.
 */
import { mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { monotonicFactory } from 'ulid';
import { writeDurably } from '../runtime/durable-file.js';
import type { HeldTurn } from './turn-requests.js';
import type { Usage } from './usage.js';

export interface SpooledReport {
  /** ULID: idempotency key and, with `.json`, file name. */
  readonly key: string;
  /** Pool it is for; the daemon's default where it is left out. */
  readonly pool?: string | undefined;
  readonly occurred_at: string;
  readonly source: string;
  readonly usage: Usage;
  /** The turn it settles; without it, the report stands by itself. */
  readonly turn?: HeldTurn | undefined;
}

export interface SpoolLimits {
  readonly reportsMax: number;
  readonly reportBytesMax: number;
}

export const defaultSpoolLimits: SpoolLimits = { reportsMax: 10_000, reportBytesMax: 65_536 };

export class SpoolError extends Error {
  override readonly name = 'SpoolError';
}

const reportFile = /^([0-7][0-9A-HJKMNP-TV-Z]{25})\.json$/;
/** So long an acknowledged report is kept while no checkpoint covers it. */
const pendingMsMax = 86_400_000;
/** Temporary files this old belong to a process that died while it wrote; nobody was told that they are spooled. */
const orphanMsMax = 3_600_000;

const nextUlid = monotonicFactory();

export class Spool {
  readonly folder: string;
  readonly #limits: SpoolLimits;

  constructor(folder: string, limits: SpoolLimits = defaultSpoolLimits) {
    this.folder = folder;
    this.#limits = limits;
  }

  get rejectedFolder(): string {
    return join(this.folder, 'rejected');
  }

  /** Keeps a report. Throws a `SpoolError` when the spool is full or cannot be written. */
  async add(report: Omit<SpooledReport, 'key'>): Promise<SpooledReport> {
    const spooled = { key: nextUlid(), ...report };
    const text = `${JSON.stringify(spooled)}\n`;
    if (Buffer.byteLength(text) > this.#limits.reportBytesMax) {
      throw new SpoolError(`the report is larger than ${this.#limits.reportBytesMax} bytes`);
    }
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      const waiting = (await this.keys()).length;
      if (waiting >= this.#limits.reportsMax) {
        throw new SpoolError(`the spool ${this.folder} is full: ${waiting} reports wait for the daemon`);
      }
      await writeDurably(join(this.folder, `${spooled.key}.json`), text);
    } catch (error) {
      if (error instanceof SpoolError) throw error;
      throw new SpoolError(`the spool ${this.folder} cannot be written: ${(error as Error).message}`);
    }
    return spooled;
  }

  /** Keys of the waiting reports, oldest first. */
  async keys(): Promise<string[]> {
    const names = await namesIn(this.folder);
    return names.flatMap((name) => reportFile.exec(name)?.[1] ?? []).sort();
  }

  /** The oldest waiting reports, at most `max`. One that another process has dealt with meanwhile is left out. */
  async oldest(max: number): Promise<SpooledReport[]> {
    const reports: SpooledReport[] = [];
    for (const key of await this.keys()) {
      if (reports.length === max) break;
      const report = await this.#read(key);
      if (report !== null) reports.push(report);
    }
    return reports;
  }

  get pendingFolder(): string {
    return join(this.folder, 'pending');
  }

  /** Puts a report aside that was acknowledged, until it is proved that it is in the log. After a crash it may be sent again. */
  async keepPending(key: string): Promise<void> {
    await mkdir(this.pendingFolder, { recursive: true, mode: 0o700 });
    await ignoreMissing(rename(join(this.folder, `${key}.json`), join(this.pendingFolder, `${key}.json`)));
  }

  async removePending(key: string): Promise<void> {
    await ignoreMissing(unlink(join(this.pendingFolder, `${key}.json`)));
  }

  /** Forgets a report that was acknowledged, and need not be proved. */
  async remove(key: string): Promise<void> {
    await ignoreMissing(unlink(join(this.folder, `${key}.json`)));
  }

  /** From now on the report stands by itself, as its turn is gone; it still says which one that was. */
  async detach({ turn, ...report }: SpooledReport): Promise<void> {
    const detached = { ...report, usage: { ...report.usage, turn: turn?.turn } };
    await writeDurably(join(this.folder, `${report.key}.json`), `${JSON.stringify(detached)}\n`);
  }

  /** Puts a report aside that will never be accepted, with the reason beside it. */
  async reject(key: string, reason: { readonly code: string; readonly detail: string }): Promise<void> {
    await mkdir(this.rejectedFolder, { recursive: true, mode: 0o700 });
    await writeDurably(join(this.rejectedFolder, `${key}.reason.json`), `${JSON.stringify(reason)}\n`);
    await ignoreMissing(rename(join(this.folder, `${key}.json`), join(this.rejectedFolder, `${key}.json`)));
    await syncFolder(this.rejectedFolder);
  }

  /** Why a report was put aside; null when it was not. */
  async rejection(key: string): Promise<{ code: string; detail: string } | null> {
    const text = await ignoreMissing(readFile(join(this.rejectedFolder, `${key}.reason.json`), 'utf8'));
    return text === undefined ? null : JSON.parse(text);
  }

  /** Removes what processes left behind that died while they wrote. */
  async sweep(now = Date.now()): Promise<void> {
    for (const name of await namesIn(this.folder)) {
      if (!name.endsWith('.tmp')) continue;
      const path = join(this.folder, name);
      const found = await stat(path).catch(() => null);
      if (found !== null && now - found.mtimeMs > orphanMsMax) await ignoreMissing(unlink(path));
    }
  }

  /** Removes what was put aside a day ago, where nobody can prove it: a ledger without checkpoints. */
  async sweepPending(now = Date.now()): Promise<void> {
    for (const name of await namesIn(this.pendingFolder)) {
      const path = join(this.pendingFolder, name);
      const found = await stat(path).catch(() => null);
      if (found !== null && now - found.ctimeMs > pendingMsMax) await ignoreMissing(unlink(path));
    }
  }

  async #read(key: string): Promise<SpooledReport | null> {
    const text = await ignoreMissing(readFile(join(this.folder, `${key}.json`), 'utf8'));
    if (text === undefined) return null;
    const report = parseReport(text);
    if (report?.key === key) return report;
    await this.reject(key, { code: 'unreadable', detail: 'the file in the spool is no report' });
    return null;
  }
}

function parseReport(text: string): SpooledReport | null {
  try {
    return JSON.parse(text) as SpooledReport | null;
  } catch {
    return null;
  }
}

/** A rename is on disk once its directory is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await ignoreMissing(readdir(folder))) ?? [];
}

async function ignoreMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
