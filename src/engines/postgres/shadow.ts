/**
 * Shadow tables live in a schema of their own, under the same names, so that the same statements write and read them.
 * They are unlogged while they are built, as a broken shadow is simply built again.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { PoolId } from '../../events/scalars.js';
import type { Change, Table } from '../../projections/change.js';
import type { ProjectionTables } from '../../projections/projection.js';
import type { Value } from '../../projections/rows.js';
import { shadowRules } from '../../projections/shadow-rules.js';
import { type Positions, type Shadow, shadowTaken } from '../engine.js';
import type { ColumnEncoder } from './arrays.js';
import { changeStatements } from './changes.js';
import type { Client, Connections } from './connections.js';
import { createBareTable } from './schema.js';
import { pipeline, preparedUserInput, type Statement } from './statements.js';

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
      await client.query('UPDATE progress SET holder = $1, opened_at = $2', [shadow.#holder, connections.clock.now()]);
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
    await pipeline(client, this.#applying(client.columns, changes, reached));
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
      return (await client.query<R>(preparedUserInput(sql, parameters))).rows;
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
      const isYoung = await client.query(old, [connections.clock.now() - keptMs]).then(
        ({ rowCount }) => rowCount !== 0,
        // It is being made or dropped right now.
        () => true,
      );
      if (!isYoung) await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    }
  });
}

export const tablesOf = (projections: readonly ProjectionTables[]): Table[] =>
  projections.flatMap(({ tables }) => [...tables]);
