/**
 * Shadow tables live in a database file of their own: building them takes no lock that live appends want, and needs
 * no fsync, as a broken shadow is simply built again.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { PoolId } from '../../events/scalars.js';
import type { ProjectionTables } from '../../projections/projection.js';
import type { Value } from '../../projections/rows.js';
import { type Positions, shadowTaken } from '../engine.js';
import { Changes } from './changes.js';
import type { PackedChange } from './columns.js';
import { type NamedRows, readNamed } from './named-rows.js';
import { createTable, hasTable } from './schema.js';
import { Statements } from './statements.js';

interface Stored {
  readonly pool: PoolId;
  readonly position: string;
}

export class ShadowFile {
  readonly path: string;
  readonly #name: string;
  /** Says that this is who opened it last. */
  readonly #holder = randomUUID();
  readonly #db: Database.Database;
  readonly #changes: Changes;
  readonly #statements: Statements;

  /** As `Engine.openShadow`. */
  constructor(folder: string, name: string, projections: readonly ProjectionTables[], rules: string, resume: boolean) {
    this.#name = name;
    this.path = join(folder, `${name}.db`);
    if (!resume || !isBuiltBy(rules, this.path)) removeDatabase(disowned(this.path));
    this.#db = new Database(this.path);
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = OFF');
    this.#db.pragma('cache_size = -4096');
    this.#changes = new Changes(this.#db);
    this.#statements = new Statements(this.#db);
    this.#db.transaction(() => this.#take(projections, rules)).immediate();
  }

  /** Tables are created without the indexes of the live ones: a replay only writes, and a comparison goes by keys. */
  #take(projections: readonly ProjectionTables[], rules: string): void {
    if (!hasTable(this.#db, 'progress')) {
      for (const table of projections.flatMap((projection) => projection.tables)) createTable(this.#db, table.name);
      this.#db.exec('CREATE TABLE positions (pool TEXT PRIMARY KEY, position TEXT NOT NULL)');
      this.#db.exec('CREATE TABLE progress (rules TEXT NOT NULL, holder TEXT NOT NULL)');
      this.#db.prepare('INSERT INTO progress VALUES (?, ?)').run(rules, this.#holder);
    }
    this.#db.prepare('UPDATE progress SET holder = ?').run(this.#holder);
  }

  positions(): Positions {
    return this.#db.transaction(() => {
      this.mustBeHeld();
      const rows = this.#statements.get('SELECT pool, position FROM positions').all();
      return new Map((rows as Stored[]).map(({ pool, position }) => [pool, JSON.parse(position)]));
    })();
  }

  apply(changes: readonly PackedChange[], reached: Positions): void {
    this.#db
      .transaction(() => {
        this.mustBeHeld();
        this.#changes.apply(changes);
        const store = this.#statements.get('INSERT OR REPLACE INTO positions VALUES (?, ?)');
        for (const [pool, position] of reached) store.run(pool, JSON.stringify(position));
      })
      .immediate();
  }

  mustBeHeld(): void {
    if (!this.#isHeld()) throw shadowTaken(this.#name);
  }

  #isHeld(): boolean {
    return this.#statements.get('SELECT 1 FROM progress WHERE holder = ?').get(this.#holder) !== undefined;
  }

  query(sql: string, parameters: readonly Value[]): NamedRows {
    return readNamed(this.#statements.get(sql), parameters);
  }

  close(): void {
    this.#db.close();
  }

  drop(): void {
    let isHeld = false;
    try {
      isHeld = this.#isHeld();
    } finally {
      this.close();
    }
    if (isHeld) removeDatabase(this.path);
  }
}

/** Whether there is a shadow, whole, that was built by these rules. */
function isBuiltBy(rules: string, path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    const db = new Database(path, { readonly: true });
    try {
      const isWhole = db.pragma('quick_check(1)', { simple: true }) === 'ok' && hasTable(db, 'progress');
      return isWhole && db.prepare('SELECT 1 FROM progress WHERE rules = ?').get(rules) !== undefined;
    } finally {
      db.close();
    }
  } catch {
    return false;
  }
}

/** Who has it open, and goes on writing to it when it has no name any more, must find that it is not theirs. */
function disowned(path: string): string {
  if (!existsSync(path)) return path;
  const db = new Database(path);
  try {
    db.exec(`UPDATE progress SET holder = ''`);
  } catch (error) {
    const isDamaged = error instanceof Database.SqliteError && /^SQLITE_(ERROR|CORRUPT|NOTADB)/.test(error.code);
    if (!isDamaged) throw error;
  } finally {
    db.close();
  }
  return path;
}

function removeDatabase(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(path + end, { force: true });
}
