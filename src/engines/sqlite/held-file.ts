/** A file that one process holds at a time, by the operating system's lock on it: it goes with the process, however that ends. */
import Database from 'better-sqlite3';

/** Null while another process holds it. Closed, it is free. */
export function holdFile(path: string, options: Database.Options = {}): Database.Database | null {
  const handle = new Database(path, { timeout: 0, ...options });
  try {
    handle.exec('BEGIN EXCLUSIVE');
    return handle;
  } catch (error) {
    handle.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
}
