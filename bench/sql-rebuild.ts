/**
 * The floor of a replay: two of its tables rebuilt by SQL alone. The same SQLite as the ledger's (the one in
 * better-sqlite3), the same tables without their further indexes, a file of the same durability, one `exec`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { packageRoot } from '../src/package-root.js';
import { serveParent, startChild } from './child.js';
import { perSecond, withFolder } from './measure.js';
import { databaseFile } from './replay-process.js';

export const rebuiltTables = ['resource_share_increments', 'daily_resource_share'] as const;

/** Events of the log per second. Fails when a table differs from the live one. */
export const sqlRebuildRate = (database: string): Promise<number> =>
  startChild<number>(import.meta.url, database).result;

const rebuild = readFileSync(new URL('./sql-rebuild.sql', import.meta.url), 'utf8');

function run(folder: string): Promise<number> {
  return withFolder(async (own) => {
    const db = new Database(join(own, 'rebuilt.db'));
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = OFF');
    db.pragma('cache_size = -65536');
    for (const table of rebuiltTables) db.exec(createTable(table));
    db.prepare('ATTACH ? AS log').run(join(folder, databaseFile));
    const { events } = db.prepare('SELECT sum(head_seq) AS events FROM log.pools').get() as { events: number };
    const started = performance.now();
    db.exec(`BEGIN;\n${rebuild}\nCOMMIT;`);
    const rate = perSecond(events, started);
    for (const table of rebuiltTables) compare(db, table, events > comparedWholeMax ? 97 : 1);
    db.close();
    return rate;
  });
}

function createTable(table: string): string {
  const schema = readFileSync(join(packageRoot, 'schema/sqlite/projections.sql'), 'utf8');
  const found = new RegExp(`CREATE TABLE IF NOT EXISTS ${table} \\([\\s\\S]*?\\n\\) STRICT;`).exec(schema);
  if (found === null) throw new Error(`the schema has no table ${table}`);
  return found[0];
}

/** Beyond so many events, one row in 97 is compared: sorting ten million of them takes longer than building them. */
const comparedWholeMax = 1_000_000;

function compare(db: Database.Database, table: string, oneIn: number): void {
  const rowsOf = (schema: string) => `SELECT * FROM ${schema}.${table} WHERE id % ${oneIn} = 0`;
  const differing = db
    .prepare(
      `SELECT (SELECT count(*) FROM main.${table}) - (SELECT count(*) FROM log.${table}) AS missing,
        (SELECT count(*) FROM (${rowsOf('main')} EXCEPT ${rowsOf('log')} LIMIT 10)) AS different`,
    )
    .get() as { missing: number; different: number };
  if (differing.missing !== 0 || differing.different !== 0) {
    throw new Error(`${table} rebuilt by SQL is another one: ${JSON.stringify(differing)}`);
  }
}

serveParent(import.meta.url, run);
