/** Copies of a database that is one file, made while others write to it. */
import type { Head } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';

export interface PoolHead {
  readonly pool: PoolId;
  readonly head: Head;
}

export interface FileSnapshotOptions {
  /** Written in order and without free pages: a smaller file, for twice the work. */
  readonly compact: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((pages: number, total: number) => void) | undefined;
}

export interface FileSnapshots {
  /**
   * Writes the database as of one instant to a new file, and looks at it: that it is sound, and holds the logs as they are here.
   * Gives the heads it holds. Nobody who writes waits, but the write-ahead log grows meanwhile: beyond a limit, or a time, it is
   * given up. Throws a `StorageError`; the file may be there in part then.
   */
  write(path: string, options: FileSnapshotOptions): Promise<readonly PoolHead[]>;
}
