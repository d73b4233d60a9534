/**
 * A copy of a database of the original server. Where that server runs, SQLite copies, so that the copy is of one instant; what a
 * program that died has left half written is put in order in the copy, and never in the file itself.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StorageError } from '../../storage-error.js';
import type { OriginalDatabase, OriginalRow } from '../original.js';
import { isLedger, isOriginal, tablesIn } from './recognition.js';

const magic = 'SQLite format 3\0';
/** Where the header says that a file is written by a write-ahead log (2) or not (1). */
const writtenByAt = 18;
const byLog = 2;
/** How long another process may hold the file. */
const busyMs = 10_000;

export async function openOriginalCopy(path: string): Promise<OriginalDatabase> {
  refuseNoDatabase(path);
  const folder = mkdtempSync(join(tmpdir(), 'resource-share-'));
  try {
    const copy = join(folder, 'copy.db');
    await copyTo(path, copy);
    const db = new Database(copy);
    // Nobody else has it: taking a lock for each row takes 20 µs, of 100,000 rows more than all the rest of reading them.
    db.pragma('locking_mode = EXCLUSIVE');
    try {
      refuseUnlikeOriginal(path, db);
    } catch (error) {
      db.close();
      throw error;
    }
    return new Original(db, folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error instanceof Database.SqliteError ? faultOf(path, error) : error;
  }
}

function refuseNoDatabase(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new StorageError('missing', `there is no file ${path}`);
  if (stat.isDirectory()) throw new StorageError('foreign', `${path} is a folder: name the database file in it`);
  if (stat.size === 0) throw new StorageError('foreign', `${path} is empty, and no database`);
  if (headerOf(path).toString('latin1', 0, magic.length) !== magic)
    throw new StorageError('foreign', `${path} is no SQLite database`);
}

function headerOf(path: string): Buffer {
  const header = Buffer.alloc(100);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  return header;
}

/** Opening a file that is written by a log makes files beside it where there are none: then nobody has it open, and it is copied as it is. */
async function copyTo(path: string, copy: string): Promise<void> {
  const isByLog = headerOf(path)[writtenByAt] === byLog;
  if (!isByLog || existsSync(`${path}-shm`)) {
    if (await backUp(path, copy)) return;
  }
  copyFileSync(path, copy, constants.COPYFILE_FICLONE);
  for (const beside of ['-wal', '-journal'])
    if (existsSync(path + beside)) copyFileSync(path + beside, copy + beside, constants.COPYFILE_FICLONE);
  const db = new Database(copy);
  try {
    db.pragma('journal_mode = DELETE');
  } finally {
    db.close();
  }
}

/** False where the file can only be read once it is put in order, by somebody who may write to it. */
async function backUp(path: string, copy: string): Promise<boolean> {
  const db = new Database(path, { readonly: true, timeout: busyMs });
  try {
    // Of a file that is locked for long, a backup would be empty.
    db.prepare('SELECT count(*) FROM sqlite_master').get();
    await db.backup(copy);
    return true;
  } catch (error) {
    if (error instanceof Database.SqliteError && /^SQLITE_(CANTOPEN|READONLY)/.test(error.code)) return false;
    throw error;
  } finally {
    db.close();
  }
}

function refuseUnlikeOriginal(path: string, db: Database.Database): void {
  const [verdict] = db.pragma('quick_check(1)') as { readonly quick_check: string }[];
  if (verdict?.quick_check !== 'ok') throw damaged(path, String(verdict?.quick_check));
  const tables = tablesIn(db);
  if (isLedger(db, tables)) {
    throw new StorageError(
      'foreign',
      `${path} is a ledger of Resource-Share, and no database of the original server: \`export\` writes its events, and \`import\` takes those in`,
    );
  }
  if (!isOriginal(db, tables)) {
    throw new StorageError(
      'foreign',
      `${path} is a database of another program: it has none of the tables of the original server`,
    );
  }
}

/** Not every error is one of the file. */
function faultOf(path: string, { code, message }: InstanceType<typeof Database.SqliteError>): StorageError {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code))
    return new StorageError(
      'locked',
      `${path} is in use by another program, which has locked it for ${busyMs / 1_000} s: try again`,
    );
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return damaged(path, message);
  return new StorageError('failed', `${path} could not be copied to ${tmpdir()}: ${message}`);
}

const damaged = (path: string, why: string): StorageError =>
  new StorageError(
    'corrupt',
    `${path} is damaged (${why}). \`sqlite3 ${path} .recover\` writes what can still be read of it, as SQL for another file`,
  );

class Original implements OriginalDatabase {
  readonly #db: Database.Database;
  readonly #folder: string;
  readonly #columns = new Map<string, readonly string[]>();

  constructor(db: Database.Database, folder: string) {
    this.#db = db;
    this.#folder = folder;
  }

  columnsOf(table: string): readonly string[] {
    let columns = this.#columns.get(table);
    if (columns === undefined) {
      const found = this.#db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];
      columns = found.map((name) => name.toLowerCase());
      this.#columns.set(table, columns);
    }
    return columns;
  }

  count(table: string): number {
    if (this.columnsOf(table).length === 0) return 0;
    return this.#db
      .prepare(`SELECT count(*) FROM ${quoted(table)}`)
      .pluck()
      .get() as number;
  }

  rows(table: string, columns: readonly string[]): IterableIterator<OriginalRow> {
    if (this.columnsOf(table).length === 0) return [][Symbol.iterator]();
    const statement = this.#db.prepare(`${this.#selectOf(table, columns)} ORDER BY rowid`);
    return statement.iterate() as IterableIterator<OriginalRow>;
  }

  rowReader(table: string, columns: readonly string[]): (rowid: number) => OriginalRow {
    const statement = this.#db.prepare(`${this.#selectOf(table, columns)} WHERE rowid = ?`);
    return (rowid) => statement.get(rowid) as OriginalRow;
  }

  close(): void {
    this.#db.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #selectOf(table: string, columns: readonly string[]): string {
    const known = this.columnsOf(table);
    const chosen = columns.filter((column) => known.includes(column)).map(quoted);
    return `SELECT ${['rowid AS rowid', ...chosen].join(', ')} FROM ${quoted(table)}`;
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
