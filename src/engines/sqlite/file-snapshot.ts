/**
 * A copy of the database file as of one instant. The connection that reads holds a transaction, so that a copy under a busy writer
 * never begins again: it does where the source changes between two steps.
 */
import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { limits } from '../../limits.js';
import { type Clock, nextTurn } from '../../runtime/clock.js';
import { StorageError } from '../../storage-error.js';
import type { PoolRecord } from '../engine.js';
import type { FileSnapshotOptions } from '../file-snapshots.js';
import { LogTables } from './log.js';

/** 4 MiB: what waits for this thread waits for the copying of so much. */
const pagesPerStep = 1_024;

export async function writeSnapshot(
  db: Database.Database,
  path: string,
  clock: Clock,
  { compact, signal, onProgress }: FileSnapshotOptions,
): Promise<readonly PoolRecord[]> {
  const deadline = clock.elapsed() + limits.snapshotMsMax;
  const pass = () => {
    signal?.throwIfAborted();
    const wal = statSync(`${db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    if (wal > limits.snapshotWalBytesMax)
      throw new StorageError(
        'failed',
        `the snapshot is given up: the write-ahead log has grown to ${wal} bytes meanwhile`,
      );
    if (clock.elapsed() > deadline)
      throw new StorageError(
        'failed',
        `the snapshot is given up: it took longer than ${limits.snapshotMsMax / 60_000} minutes`,
      );
  };
  if (compact) db.prepare('VACUUM INTO ?').run(path);
  else {
    db.exec('BEGIN');
    try {
      // The transaction begins with the first reading.
      db.prepare('SELECT 1 FROM sqlite_master').get();
      await db.backup(path, {
        progress({ totalPages, remainingPages }) {
          pass();
          onProgress?.(totalPages - remainingPages, totalPages);
          return pagesPerStep;
        },
      });
    } finally {
      db.exec('COMMIT');
    }
  }
  await nextTurn();
  // Where a transaction that writes is open on the connection, the copy is said to be done, and there is none.
  if (!existsSync(path)) throw new StorageError('failed', 'the snapshot was not written');
  return checked(path, new LogTables(db));
}

/** In one file, with nothing beside it. */
function checked(path: string, live: LogTables): readonly PoolRecord[] {
  const copy = new Database(path);
  try {
    copy.pragma('journal_mode = DELETE');
    const faults = copy.pragma('quick_check(3)') as { quick_check: string }[];
    if (faults[0]?.quick_check !== 'ok')
      throw new StorageError(
        'corrupt',
        `the copy of the database is damaged: ${faults.map((row) => row.quick_check).join('; ')}`,
      );
    const pools = new LogTables(copy).pools();
    for (const { pool, head } of pools) {
      if (head.seq > 0 && live.eventAt(pool, head.seq)?.hash !== head.hash)
        throw new StorageError('corrupt', `the copy of the database holds another log of ${pool}`);
    }
    return pools;
  } finally {
    copy.close();
  }
}
