/** A folder beside ledgers in which one process writes at a time. */
import { join } from 'node:path';
import { StorageError } from '../storage-error.js';

/** Runs the task while no other process holds the folder. Throws a `StorageError` (`locked`) where one does. */
export async function holdFolder<T>(folder: string, task: () => Promise<T>): Promise<T> {
  const { holdFile } = await import('./sqlite/held-file.js');
  const { storageFault } = await import('./sqlite/faults.js');
  let held: ReturnType<typeof holdFile>;
  try {
    held = holdFile(join(folder, 'writer.lock'));
  } catch (error) {
    throw storageFault(error);
  }
  if (held === null)
    throw new StorageError('locked', `another process works in ${folder}; try again when it has ended`);
  try {
    return await task();
  } finally {
    held.close();
  }
}
