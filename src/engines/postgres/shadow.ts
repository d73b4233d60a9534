/**
 * Shadow tables live in a schema of their own, under the same names, so that the same statements write and read them.
 * They are unlogged while they are built, as a broken shadow is simply built again.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { PoolId } from '../../events/scalars.js';
import { type Change, columnNames, keyColumns, type Table } from '../../projections/change.js';
import type { ProjectionTables } from '../../projections/projection.js';
import type { Value } from '../../projections/rows.js';
import { shadowRules } from '../../projections/shadow-rules.js';
import { type Comparison, type FoldTails, type Positions, type Shadow, shadowTaken, type Tail } from '../engine.js';
import type { ColumnEncoder } from './arrays.js';
import { changeStatements } from './changes.js';
import type { Client, Connections } from './connections.js';
import { pools, scan } from './log.js';
import { createBareTable, finishTable, recordVersion } from './schema.js';
import { asked, runAll, type Statement } from './statements.js';

const examplesShown = 3;
const differencesCountedMax = 1_000;
/** Whoever made an older one has ended long ago. */
const keptMs = 86_400_000;

interface Stored {
  readonly pool: PoolId;
  readonly position: string;
}

export class ShadowSchema implements Shadow {
  readonly name: string;
  readonly schema: string;
  /** Says that this is who opened it last. */
  readonly #holder = randomUUID();
  readonly #connections: Connections;

  private constructor(connections: Connections, name: string) {
    this.name = name;
    this.#connections = connections;
    this.schema = `shadow_${createHash('sha256').update(name).digest('hex').slice(0, 24)}`;
  }

  /** As `Engine.openShadow`. */
  static async open(
    connections: Connections,
    name: string,
    projections: readonly ProjectionTables[],
    resume: boolean,
  ): Promise<ShadowSchema> {
    const shadow = new ShadowSchema(connections, name);
    const rules = shadowRules(projections);
    if (!resume || !(await shadow.#isBuiltBy(rules))) await connections.use((client) => client.query(shadow.#removal));
    await connections.transaction(async (client) => {
      const exists = 'SELECT 1 FROM information_schema.schemata WHERE schema_name = $1';
      if ((await client.query(exists, [shadow.schema])).rowCount === 0) {
        await shadow.#create(client, projections, rules);
      }
      await client.query(shadow.#entering);
      await client.query('UPDATE progress SET holder = $1, opened_at = $2', [shadow.#holder, Date.now()]);
    });
    return shadow;
  }

  /** Tables are created without the indexes of the live ones: a replay only writes, and a comparison goes by keys. */
  async #create(client: Client, projections: readonly ProjectionTables[], rules: string): Promise<void> {
    await client.query(`CREATE SCHEMA ${this.schema}`);
    await client.query(this.#entering);
    for (const table of tablesOf(projections)) await createBareTable(client, table);
    await client.query('CREATE UNLOGGED TABLE positions (pool TEXT PRIMARY KEY, position TEXT NOT NULL)');
    await client.query('CREATE UNLOGGED TABLE progress (rules TEXT NOT NULL, holder TEXT, opened_at BIGINT)');
    await client.query('INSERT INTO progress VALUES ($1)', [rules]);
  }

  positions(): Promise<Positions> {
    return this.#connections.transaction((client) => this.positionsWithin(client));
  }

  async positionsWithin(client: Client): Promise<Positions> {
    await this.mustBeHeld(client);
    const { rows } = await client.query<Stored>(`SELECT pool, position FROM ${this.schema}.positions`);
    return new Map(rows.map(({ pool, position }) => [pool, JSON.parse(position)]));
  }

  /** Nobody else takes it up before the transaction has ended. */
  async mustBeHeld(client: Client): Promise<void> {
    if (!(await this.#isHeld(client))) throw shadowTaken(this.name);
  }

  async #isHeld(client: Client): Promise<boolean> {
    const sql = `SELECT 1 FROM ${this.schema}.progress WHERE holder = $1 FOR SHARE`;
    return (await this.#exists(client)) && (await client.query(sql, [this.#holder])).rowCount === 1;
  }

  async #exists(client: Client): Promise<boolean> {
    const sql = 'SELECT to_regclass($1) IS NOT NULL AS there';
    const { rows } = await client.query<{ there: boolean }>(sql, [`${this.schema}.progress`]);
    return rows[0]?.there === true;
  }

  apply(changes: readonly Change[], reached: Positions): Promise<void> {
    return this.#connections.transaction((client) => this.applyWithin(client, changes, reached));
  }

  /** Until the transaction ends, names mean the shadow's tables. */
  async applyWithin(client: Client, changes: readonly Change[], reached: Positions): Promise<void> {
    await this.mustBeHeld(client);
    await runAll(client, this.#applying(client.columns, changes, reached));
  }

  *#applying(encoder: ColumnEncoder, changes: readonly Change[], reached: Positions): Iterable<Statement> {
    yield this.#entering;
    yield* changeStatements(encoder, changes);
    const store = `INSERT INTO positions VALUES ($1, $2)
      ON CONFLICT (pool) DO UPDATE SET position = excluded.position`;
    for (const [pool, position] of reached) {
      yield { text: store, values: [pool, JSON.stringify(position)] };
    }
  }

  query<R extends object>(sql: string, parameters: readonly Value[] = []): Promise<R[]> {
    return this.#connections.transaction(async (client) => {
      await client.query(this.#entering);
      return (await client.query<R>(asked(sql, parameters))).rows;
    });
  }

  async close(): Promise<void> {}

  drop(): Promise<void> {
    return this.#connections.transaction(async (client) => {
      if (await this.#isHeld(client)) await client.query(this.#removal);
    });
  }

  get #removal(): string {
    return `DROP SCHEMA IF EXISTS ${this.schema} CASCADE`;
  }

  /** From then on until the transaction ends, names mean the shadow's tables. */
  get #entering(): string {
    return `SET LOCAL search_path = ${this.schema}`;
  }

  /** A crash of the server empties unlogged tables. */
  #isBuiltBy(rules: string): Promise<boolean> {
    return this.#connections.use(async (client) => {
      if (!(await this.#exists(client))) return false;
      return (await client.query(`SELECT 1 FROM ${this.schema}.progress WHERE rules = $1`, [rules])).rowCount === 1;
    });
  }
}

/** Removes the shadows that processes left behind when they were killed. */
export async function dropOldShadows(connections: Connections): Promise<void> {
  await connections.use(async (client) => {
    const named = `SELECT schema_name AS schema FROM information_schema.schemata WHERE schema_name LIKE 'shadow\\_%'`;
    for (const { schema } of (await client.query<{ schema: string }>(named)).rows) {
      const old = `SELECT 1 FROM ${schema}.progress WHERE opened_at > $1`;
      const isYoung = await client.query(old, [Date.now() - keptMs]).then(
        ({ rowCount }) => rowCount !== 0,
        // It is being made or dropped right now.
        () => true,
      );
      if (!isYoung) await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    }
  });
}

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
    tails.push({ place: { pool, number }, events: await scan(client, pool, after, head.seq, head.seq - after) });
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
    for (const { name } of tables) {
      await client.query(`DROP TABLE IF EXISTS ${name}`);
      await client.query(`ALTER TABLE ${shadow.schema}.${name} SET SCHEMA ${live}`);
    }
    for (const projection of projections) await recordVersion(client, projection);
    // What is left has no tables any more: nobody shall take it up.
    await client.query(`DROP SCHEMA ${shadow.schema} CASCADE`);
  });
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const tablesOf = (projections: readonly ProjectionTables[]): Table[] =>
  projections.flatMap(({ tables }) => [...tables]);
