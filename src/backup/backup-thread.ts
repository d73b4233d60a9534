/** Making a backup in a thread of its own, and following it from here: the daemon and the verb do it alike. */
import type { EngineLimits } from '../engines/open-options.js';
import { Thread } from '../runtime/thread.js';
import type { BackupProgress, BackupRequest, MadeBackup } from './create.js';

export interface BackupJob {
  /** A data directory, or the URL of a server. */
  readonly database: string;
  readonly engineLimits: EngineLimits | undefined;
  readonly request: BackupRequest;
}

/** Yields progress now and then; returns what was made. Throws a `Problem` or a `StorageError`; aborted, the signal's reason. */
export async function* runBackup(job: BackupJob, signal?: AbortSignal): AsyncGenerator<BackupProgress, MadeBackup> {
  signal?.throwIfAborted();
  const thread = new Thread<BackupJob, MadeBackup, BackupProgress>(new URL('./backup-worker.js', import.meta.url), {
    whenEnded: () => new Error('the thread that made a backup has ended'),
  });
  try {
    return yield* thread.follow(job, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await thread.end();
  }
}
