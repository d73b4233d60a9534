/** Opening what statements of people are asked of: the database that a setting names, read only. */
import { Problem } from '../problems.js';
import type { Clock } from '../runtime/clock.js';
import { isServer } from '../settings/database.js';
import type { StatementRunner } from './statement-runner.js';

export interface StatementDatabase {
  /** A data directory, or the URL of a server. */
  readonly database: string;
  /** Of a server: its URL with a role that only reads. */
  readonly readerUrl?: string | undefined;
}

/** Throws `viewer_off` for a server without such a role. */
export async function openStatements(
  { database, readerUrl }: StatementDatabase,
  clock: Clock,
): Promise<StatementRunner> {
  if (!isServer(database)) {
    const { SqliteStatements } = await import('./sqlite/query-pool.js');
    return new SqliteStatements(database, clock);
  }
  if (readerUrl === undefined)
    throw new Problem(
      'viewer_off',
      'the ledger is on a server, and the setting viewer.database_url does not name a role there that only reads; docs/guides/sql.md says how to make one',
    );
  const { PostgresStatements } = await import('./postgres/query-runner.js');
  return new PostgresStatements(readerUrl, clock);
}
