/** What can be said of a data directory, and of what reads it, without opening the ledger. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { databaseName } from './sqlite/files.js';

export { binding } from './sqlite/binding.js';
export { folderFault, looseFiles } from './sqlite/folder.js';

/** Bytes of the write-ahead log; 0 where there is none. */
export const walBytesOf = (folder: string): number =>
  statSync(join(folder, `${databaseName}-wal`), { throwIfNoEntry: false })?.size ?? 0;
