/** The comparison of a shadow with the live tables, and the swap that puts its tables in their place. */
import { columnNames, keyColumns, type Table } from '../../projections/change.js';
import type { ProjectionTables } from '../../projections/projection.js';
import type { Comparison, FoldTails, Tail } from '../engine.js';
import type { Client, Connections } from './connections.js';
import { pools, scan } from './log.js';
import { finishTable, recordVersion } from './schema.js';
import { type ShadowSchema, tablesOf } from './shadow.js';
import { moveViews } from './views.js';

const examplesShown = 3;
const differencesCountedMax = 1_000;

/** Compares all rows as of one instant, when what the shadow lacked by then was written. */
export function compareShadow(
  connections: Connections,
  shadow: ShadowSchema,
  projections: readonly ProjectionTables[],
  fold: FoldTails,
): Promise<Comparison[]> {
  return connections.snapshot(async (client) => {
    const tails = await tailsOf(client, shadow);
    if (tails.length > 0) {
      const live = await currentSchema(client);
      const { changes, reached } = fold(tails);
      await shadow.applyWithin(client, changes, reached);
      await client.query(`SET LOCAL search_path = ${live}`);
    }
    const comparisons: Comparison[] = [];
    for (const table of tablesOf(projections)) comparisons.push(await compareTable(client, shadow.schema, table));
    return comparisons;
  }, 'READ WRITE');
}

/** What the pools hold beyond the shadow's positions. */
async function tailsOf(client: Client, shadow: ShadowSchema): Promise<Tail[]> {
  const positions = await shadow.positionsWithin(client);
  const tails: Tail[] = [];
  for (const { pool, number, head } of await pools(client)) {
    const after = positions.get(pool)?.seq ?? 0;
    if (head.seq === after) continue;
    tails.push({ poolRef: { pool, number }, events: await scan(client, pool, after, head.seq, head.seq - after) });
  }
  return tails;
}

async function currentSchema(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>('SELECT current_schema() AS name');
  return quoted((rows[0] as { name: string }).name);
}

/** Every column of every row, by key. Rows that meet are equal when all columns are. */
async function compareTable(client: Client, schema: string, table: Table): Promise<Comparison> {
  const { name } = table;
  const live = name;
  const shadow = `${schema}.${name}`;
  const count = async (source: string) =>
    (await client.query<{ rows: number }>(`SELECT count(*) AS rows FROM ${source}`)).rows[0]?.rows ?? 0;
  const exists = (await client.query('SELECT to_regclass($1) AS there', [name])).rows[0].there !== null;
  const liveRows = exists ? await count(live) : 0;
  const shadowRows = await count(shadow);
  if (liveRows === 0) return { table: name, liveRows, shadowRows, differing: shadowRows, examples: [] };
  const keys = keyColumns(table);
  const sameKey = keys.map((key) => `a.${key} = b.${key}`).join(' AND ');
  const others = columnNames(table).filter((column) => !keys.includes(column));
  const unequal = others.map((column) => `a.${column} IS DISTINCT FROM b.${column}`).join(' OR ');
  const key = keys.map((column) => `a.${column}`).join(` || ' ' || `);
  const find = async (from: string, against: string, condition: string) => {
    const { rows } = await client.query<{ key: string }>(
      `SELECT ${key} AS key FROM ${from} a LEFT JOIN ${against} b ON ${sameKey} WHERE ${condition} LIMIT ${differencesCountedMax}`,
    );
    return rows.map((row) => row.key);
  };
  const wrong = await find(live, shadow, `b.${keys[0]} IS NULL OR ${unequal}`);
  const missing = await find(shadow, live, `b.${keys[0]} IS NULL`);
  const examples = [
    ...wrong.map((found) => `live row ${found} differs`),
    ...missing.map((found) => `row ${found} is missing`),
  ];
  return {
    table: name,
    liveRows,
    shadowRows,
    differing: wrong.length + missing.length,
    examples: examples.slice(0, examplesShown),
  };
}

/**
 * Puts the shadow's tables in the place of the live ones. Their indexes are built and their rows logged beside live
 * appends; then the heads are locked, what was appended meanwhile is folded in, and the tables change places.
 */
export async function swapShadow(
  connections: Connections,
  shadow: ShadowSchema,
  projections: readonly ProjectionTables[],
  fold: FoldTails,
): Promise<void> {
  const tables = tablesOf(projections);
  await connections.transaction(async (client) => {
    await shadow.mustBeHeld(client);
    await client.query(`SET LOCAL search_path = ${shadow.schema}`);
    for (const table of tables) await finishTable(client, table);
  });
  await connections.once(async (client) => {
    // No pool is added until the tables have changed places, and none is written to.
    await client.query('SELECT version FROM schema_version FOR UPDATE');
    await client.query('SELECT pool FROM pools ORDER BY pool FOR UPDATE');
    const live = await currentSchema(client);
    const { changes, reached } = fold(await tailsOf(client, shadow));
    await shadow.applyWithin(client, changes, reached);
    await client.query(`SET LOCAL search_path = ${live}`);
    // Nothing but the rebuilt tables, which views are told of by name.
    await client.query(`DROP TABLE ${shadow.schema}.positions, ${shadow.schema}.progress`);
    for (const { name } of tables) {
      await copyRights(client, name, `${shadow.schema}.${name}`);
      await moveViews(client, name, live, shadow.schema);
      await client.query(`DROP TABLE IF EXISTS ${name}`);
      await client.query(`ALTER TABLE ${shadow.schema}.${name} SET SCHEMA ${live}`);
    }
    for (const projection of projections) await recordVersion(client, projection);
    // What is left has no tables any more: nobody shall take it up.
    await client.query(`DROP SCHEMA ${shadow.schema} CASCADE`);
  });
}

/** Gives a rebuilt table the rights that people gave to the live one. */
async function copyRights(client: Client, live: string, rebuilt: string): Promise<void> {
  const sql = `SELECT grantee, is_grantable AS passes, string_agg(DISTINCT privilege_type, ', ') AS rights
    FROM information_schema.table_privileges
    WHERE table_schema = current_schema() AND table_name = $1 AND grantee <> current_user
    GROUP BY grantee, is_grantable`;
  type Grant = { readonly grantee: string; readonly passes: 'YES' | 'NO'; readonly rights: string };
  for (const { grantee, passes, rights } of (await client.query<Grant>(sql, [live])).rows) {
    const role = grantee === 'PUBLIC' ? grantee : quoted(grantee);
    await client.query(`GRANT ${rights} ON ${rebuilt} TO ${role}${passes === 'YES' ? ' WITH GRANT OPTION' : ''}`);
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
