/** Migrating on request. Whoever opens a data directory for writing migrates it, too. */
import { join } from 'node:path';
import { limits } from '../../limits.js';
import { systemClock } from '../../runtime/clock.js';
import type { Migrated } from '../engine.js';
import { versionOf } from './database-file.js';
import { databaseName } from './files.js';
import { newestVersion } from './schema.js';
import { Store } from './store.js';

/** With `onlyCheck` nothing is changed. A directory without a ledger stays as it is: its name may be mistyped. */
export function migrateDirectory(folder: string, onlyCheck: boolean): Migrated {
  const migrated = { database: join(folder, databaseName), from: versionOf(folder), to: newestVersion() };
  if (!onlyCheck && migrated.from < migrated.to)
    new Store({ folder, role: 'writer', walBytesMax: limits.walBytesMax }, systemClock).close();
  return migrated;
}
