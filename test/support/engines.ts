/**
 * The engines that tests run on. `ENGINES=sqlite,postgres` chooses: suites of the engine's own contract run on each of
 * them, all others on the first. Without it, that is SQLite. With `GUARD=0.05`, the guard that stands before PostgreSQL
 * disturbs 5 % of the transactions.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Engine } from '../../src/engines/engine.js';
import { openEngine } from '../../src/engines/open.js';
import type { Role } from '../../src/engines/sqlite/store.js';
import { type Scope, temporaryFolder } from './folder.js';
import { serverUrl, temporaryDatabase } from './postgres.js';
import { PostgresGuard } from './postgres-guard.js';
import { queryOnce } from './postgres-server.js';

export interface Variant {
  readonly name: Engine['kind'];
  /** A new, empty place for a database: what `openEngine` takes. It is gone when the test ends. */
  place(t: Scope): Promise<string>;
  open(place: string, role?: Role): Promise<Engine>;
  /** Runs statements past the product, as somebody with a client of the database could. */
  meddle(place: string, sql: string): Promise<void>;
}

const all: readonly Variant[] = [
  {
    name: 'sqlite',
    place: async (t) => temporaryFolder(t),
    open: (place, role = 'writer') => openEngine(place, role),
    meddle: async (place, sql) => {
      const db = new Database(join(place, 'resource_tracking.db'));
      try {
        db.exec(sql);
      } finally {
        db.close();
      }
    },
  },
  {
    name: 'postgres',
    place: async (t) => throughGuard(t, await temporaryDatabase(t)),
    open: (place, role = 'writer') => openEngine(place, role),
    meddle: async (place, sql) => void (await queryOnce(place, sql)),
  },
];

const chosen = process.env.ENGINES?.split(',') ?? all.map(({ name }) => name);

export const variants = all.filter(({ name }) => chosen.includes(name));

if (variants.length === 0) throw new Error(`ENGINES=${process.env.ENGINES} names no engine`);

/** The engine of suites that run on one. */
export const variant = variants[0] as Variant;

const rate = Number(process.env.GUARD ?? 0);
let guard: Promise<PostgresGuard> | undefined;

/** With a guard, a test that leaves the portable dialect fails. */
async function throughGuard(t: Scope, url: string): Promise<string> {
  if (rate === 0) return url;
  guard ??= PostgresGuard.start(await serverUrl(), { rate, seed: Number(process.env.SEED ?? 1) });
  const standing = await guard;
  t.teardown(() => {
    if (standing.violations.length > 0) throw new Error(standing.violations.join('\n'));
  });
  return standing.through(url);
}
