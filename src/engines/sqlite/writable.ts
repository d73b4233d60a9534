/** Whether a data directory takes what is recorded, found out over any connection and without writing. */
import { accessSync, constants, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { limits } from '../../limits.js';
import { changedTables, lacking, refuseUnwritable } from '../writable.js';
import { databaseName } from './files.js';

/** Throws a `StorageError` (`unwritable`). */
export function checkWritable(db: Database.Database, folder: string): void {
  const columns = db.prepare('SELECT name FROM pragma_table_info(?)').pluck();
  const tables = changedTables.map((table) => {
    const there = columns.all(table.name) as string[];
    return lacking(table, there.length === 0 ? null : there);
  });
  refuseUnwritable(tables, 'Start again: what is missing is made, and `resource-share replay` fills it');
  const paths = [folder, join(folder, databaseName), join(folder, `${databaseName}-wal`)];
  refuseUnwritable(paths.map(unwritable), 'Give this account the right to write, or mount the folder for writing');
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const isFull = free < limits.diskBytesMin;
  refuseUnwritable([isFull ? `${free} bytes are free on the disk of ${folder}` : null], 'Make room');
}

function unwritable(path: string): string | null {
  try {
    accessSync(path, constants.W_OK);
    return null;
  } catch (error) {
    return `${path} cannot be written to (${(error as NodeJS.ErrnoException).code})`;
  }
}
