/**
 * Goal: the committed dump is the schema that the migrations make, so that a change of it can be read in a review.
 * `UPDATE_SCHEMA=1` writes it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { variant } from '../support/engines.js';
import { queryOnce } from '../support/postgres-server.js';

const path = join(packageRoot, 'schema', 'postgres', 'dump.sql');

/** Tables with their columns and keys, then the other indexes, then views, by name; as PostgreSQL itself words types and definitions. */
const dumpSql = `
  SELECT 'CREATE TABLE ' || c.relname || ' (' || E'\\n  ' || (
      SELECT string_agg(
          a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
            || CASE WHEN a.attcollation <> 0 THEN ' COLLATE "' || (SELECT collname FROM pg_collation o WHERE o.oid = a.attcollation) || '"' ELSE '' END
            || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END, E',\\n  ' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ) || coalesce((SELECT E',\\n  ' || pg_get_constraintdef(k.oid) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p'), '')
      || E'\\n);' AS sql, 1 AS part, c.relname AS name
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  UNION ALL
  SELECT pg_get_indexdef(i.indexrelid) || ';', 2, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary
  UNION ALL
  SELECT 'CREATE VIEW ' || viewname || E' AS\n' || definition, 3, viewname FROM pg_views WHERE schemaname = 'public'
  ORDER BY part, name`;

t.test('the dump is what the migrations make', async (t) => {
  const place = await variant.place(t, { calm: true });
  await (await variant.open(place)).close();
  const rows = await queryOnce<{ sql: string }>(place, dumpSql);
  const dump = `${rows.map(({ sql }) => sql).join('\n\n')}\n`;
  if (process.env.UPDATE_SCHEMA !== undefined) writeFileSync(path, dump);
  t.equal(dump, readFileSync(path, 'utf8'));
  t.match(dump, /CREATE TABLE events \(/);
  t.match(dump, /CREATE VIEW usage_by_hour AS/);
});
