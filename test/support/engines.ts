/**
 * The engines that tests run on. `ENGINES=sqlite,postgres` chooses: suites of the engine's own contract run on each of
 * them, all others on the first. Without it, that is SQLite. With `GUARD=0.05`, a guard stands before PostgreSQL and disturbs
 * 5 % of the appends of suites that go through a ledger, which is where they are tried again. That is for suites of the
 * contract: what is decided again is a millisecond later, and by a new plan, which suites with a standing clock do notice.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Engine, Role } from '../../src/engines/engine.js';
import { openEngine } from '../../src/engines/open.js';
import { type Scope, temporaryFolder } from './folder.js';
import { serverUrl, temporaryDatabase } from './postgres.js';
import { PostgresGuard } from './postgres-guard.js';
import { queryOnce } from './postgres-server.js';

export interface Variant {
  readonly name: Engine['kind'];
  /** A new, empty place for a database: what `openEngine` takes. It is gone when the test ends. */
  place(t: Scope, options?: { readonly calm?: boolean }): Promise<string>;
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
    place: async (t, { calm = false } = {}) => throughGuard(t, await temporaryDatabase(t), calm ? 0 : rate),
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
/** The lock of a head, with which every append begins. */
const appends = /^SELECT [^;]* FROM pools WHERE pool = \$1 FOR UPDATE$/;
const guards = new Map<number, Promise<PostgresGuard>>();

/** With a guard, a test that leaves the portable dialect fails. */
async function throughGuard(t: Scope, url: string, disturbed: number): Promise<string> {
  if (rate === 0) return url;
  if (!guards.has(disturbed)) {
    const seed = Number(process.env.SEED ?? 1);
    guards.set(disturbed, PostgresGuard.start(await serverUrl(), { rate: disturbed, seed, disturbing: appends }));
  }
  const guard = (await guards.get(disturbed)) as PostgresGuard;
  t.teardown(() => {
    if (guard.violations.length > 0) throw new Error(guard.violations.join('\n'));
  });
  return guard.through(url);
}
