/** The views for people who ask the tables by SQL: the statements of `views.sql`. The product asks none of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.js';
import type { Client } from './connections.js';

/** Creates those that are missing. Where something else has the name, it keeps it. */
export async function createMissingViews(client: Client): Promise<void> {
  const text = readFileSync(join(packageRoot, 'schema', 'postgres', 'views.sql'), 'utf8').replace(/--.*$/gm, '');
  const taken = 'SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1';
  for (const [statement, name] of text.matchAll(/CREATE VIEW (\w+) AS[^;]*/g)) {
    if ((await client.query(taken, [name])).rowCount === 0) await client.query(statement);
  }
}

interface View {
  readonly name: string;
  readonly definition: string;
  readonly options: string | null;
}

/**
 * Has the views of a table, and those that others made of it, read the table of the same name in another schema: a view knows
 * its tables by more than their names, and nobody can drop one that a view reads. Rights and comments stay.
 */
export async function moveViews(client: Client, table: string, live: string, schema: string): Promise<void> {
  const { rows } = await client.query<View>(viewsOf, [table]);
  await client.query(`SET LOCAL search_path = ${schema}, ${live}`);
  for (const { name, definition, options } of rows) {
    const clause = options === null ? '' : ` WITH (${options})`;
    await client.query(`CREATE OR REPLACE VIEW ${name}${clause} AS ${definition}`);
  }
  await client.query(`SET LOCAL search_path = ${live}`);
}

const viewsOf = `
  SELECT quote_ident(u.view_schema) || '.' || quote_ident(u.view_name) AS name, pg_get_viewdef(v.oid) AS definition,
    array_to_string(v.reloptions, ', ') AS options
  FROM information_schema.view_table_usage u
  JOIN pg_class v ON v.oid = (quote_ident(u.view_schema) || '.' || quote_ident(u.view_name))::regclass
  WHERE u.table_schema = current_schema() AND u.table_name = $1 AND v.relkind = 'v'`;
