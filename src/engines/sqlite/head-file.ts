/**
 * The newest event of each pool, in a file beside the database. The database alone cannot tell that its end is missing: a young
 * ledger is in the write-ahead log as a whole, and without that file SQLite shows an older state, or none, as if it were complete.
 * The head file may lag behind the log, by a second where a process was killed, and is never ahead of it.
 */
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { rowId } from '../../projections/change.js';
import { StorageError } from '../../storage-error.js';
import { type Loss, lossText, type PoolRecord, type SavedHead } from '../engine.js';
import { storageFault } from './faults.js';
import { databaseName, headFileName } from './files.js';
import { hasTable } from './schema.js';

export class HeadFile {
  readonly path: string;
  #text: string | null = null;

  constructor(folder: string) {
    this.path = join(folder, headFileName);
  }

  /** Whole or not at all, and only where something has changed. What is given has to be durable in the log. */
  async save(pools: readonly PoolRecord[]): Promise<void> {
    const heads: SavedHead[] = pools
      .filter(({ head }) => head.seq > 0)
      .map(({ pool, head: { seq, id, hash } }) => ({ pool, seq, id, hash }));
    const text = `${JSON.stringify(heads, null, 2)}\n`;
    this.#text ??= textOf(this.path);
    if (text === this.#text) return;
    await replaceFile(this.path, text).catch((error) => {
      throw storageFault(error);
    });
    this.#text = text;
  }
}

/**
 * What of the heads in the head file the log in this database lacks; all of them, where there is no database. The file is read
 * before the log, which grows meanwhile where another process writes.
 */
export function lossesIn(folder: string, db: Database.Database | null): readonly Loss[] {
  const known = knownHeads(folder);
  if (known === null)
    return [{ expected: null, text: `how far its logs had reached is not known, as ${headFileName} cannot be read` }];
  const losses = known.map((expected) => {
    const what = db === null ? `${expected.pool} is gone` : lossOf(db, expected);
    return what === null ? null : { expected, text: `${what}, but its log had reached event ${expected.seq}` };
  });
  return losses.filter((loss) => loss !== null);
}

/** Empty where there is no head file; null where it is none. */
function knownHeads(folder: string): readonly SavedHead[] | null {
  const text = textOf(join(folder, headFileName));
  if (text === null) return [];
  try {
    const heads = JSON.parse(text) as unknown;
    return Array.isArray(heads) && heads.every(isHead) ? heads : null;
  } catch {
    return null;
  }
}

/** A database that was cut back to its beginning has no tables either. Archived events are older than any head. */
function lossOf(db: Database.Database, { pool, seq, hash }: SavedHead): string | null {
  const head = hasTable(db, 'pools')
    ? (db.prepare('SELECT number, head_seq AS seq FROM pools WHERE pool = ?').get(pool) as
        | { readonly number: number; readonly seq: number }
        | undefined)
    : undefined;
  if (head === undefined) return `${pool} is gone`;
  if (head.seq < seq) return `${pool} ends at event ${head.seq}`;
  const there = db.prepare('SELECT lower(hex(hash)) FROM events WHERE place = ?').pluck().get(rowId(head.number, seq));
  return there === undefined || there === hash ? null : `${pool} holds another event ${seq}`;
}

/** Throws a `StorageError` that says what is lost, and what to do, where anything is. */
export function refuseLosses(folder: string, losses: readonly Loss[]): void {
  if (losses.length === 0) return;
  throw new StorageError(
    'incomplete',
    `the ledger in ${folder} is not whole: ${lossText(losses)} (${headFileName}). Put back what was removed, ${databaseName}-wal above all, or restore a newer backup. To go on without what is lost, and have the log say so, start once with \`resource-share serve --accept-loss\``,
  );
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function isHead(value: unknown): value is SavedHead {
  const { pool, seq, hash } = (value ?? {}) as Partial<SavedHead>;
  return typeof pool === 'string' && Number.isInteger(seq) && typeof hash === 'string' && hash.length === 64;
}
