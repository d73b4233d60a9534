/** Whether a database takes what is recorded, found out in one statement that writes nothing. */
import { changedTables, lacking, refuseUnwritable } from '../writable.js';
import type { Client } from './connections.js';
import { prepared } from './statements.js';

/** A standby takes no writes, and says so by this setting. */
const readOnlySql = `SELECT current_setting('transaction_read_only') = 'on' AS read_only`;

const tablesSql = `SELECT name, has_table_privilege(to_regclass(name), 'INSERT')
    AND has_table_privilege(to_regclass(name), 'UPDATE')
    AND has_table_privilege(to_regclass(name), 'DELETE') AS allowed,
  ARRAY(SELECT attname::text FROM pg_attribute
    WHERE attrelid = to_regclass(name) AND attnum > 0 AND NOT attisdropped) AS columns
  FROM unnest(?::text[]) AS name`;

interface TableRow {
  readonly name: string;
  /** Null where there is no such table. */
  readonly allowed: boolean | null;
  readonly columns: readonly string[];
}

/** The log's own tables, which every batch changes too. */
const logTables = ['pools', 'events', 'idempotency'];

/** Throws a `StorageError` (`unwritable`). */
export async function checkWritable(client: Client): Promise<void> {
  const { rows: settings } = await client.query<{ read_only: boolean }>(prepared(readOnlySql, []));
  const isReadOnly = settings[0]?.read_only === true;
  refuseUnwritable(
    [isReadOnly ? 'the server is a standby, or read-only' : null],
    'Connect to the one that takes writes',
  );
  const names = [...logTables, ...changedTables.map(({ name }) => name)];
  const { rows } = await client.query<TableRow>(prepared(tablesSql, [names]));
  const found = new Map(rows.map((row) => [row.name, row]));
  const tables = changedTables.map((table) => {
    const row = found.get(table.name);
    return lacking(table, row === undefined || row.allowed === null ? null : row.columns);
  });
  refuseUnwritable(tables, 'Start again: what is missing is made, and `resource-share replay` fills it');
  const denied = rows.filter(({ allowed }) => allowed === false).map(({ name }) => `the role may not change ${name}`);
  refuseUnwritable(denied, 'Give the role the rights of the owner of the tables');
}
