/** One import of a database of the original server: taken in, compared, told to the log, verified. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Account, digestOf } from '../../coop/account.js';
import { type Alias, type IdentityCommand, resolvedAliases } from '../../coop/identities.js';
import { fileIdOf, importOriginal, importSource, type OriginalHistory } from '../../coop/import.js';
import { likelyPairs } from '../../coop/names.js';
import { type LedgerUse, type Reconciled, reconcile, saidLines } from '../../coop/reconcile.js';
import { tables } from '../../coop/rows.js';
import { openOriginal } from '../../engines/open-original.js';
import type { OriginalDatabase } from '../../engines/original.js';
import { foldCase, unknownName } from '../../events/names.js';
import type { PoolId } from '../../events/scalars.js';
import { SinkFailure } from '../../intake/sink.js';
import { Problem } from '../../problems.js';
import { systemClock } from '../../runtime/clock.js';
import { systemTimeZone } from '../../runtime/time-zone.js';
import { isServer } from '../../settings/database.js';
import { defaultPoolName } from '../../settings/default-pool.js';
import { processEnvironment } from '../../settings/process-environment.js';
import { StorageError } from '../../storage-error.js';
import { type Stopping, withStopping } from '../collect/stopping.js';
import { exitCodes, failure, usageError } from '../exit.js';
import type { LedgerClient } from '../ledger-client.js';
import { withPoolClient } from '../open-client.js';
import { withEngine, withView } from '../open-view.js';
import type { Globals } from '../options.js';
import { printJson, remark } from '../output.js';
import { ProgressLine } from '../progress.js';
import { type CoopResult, coopBody, printCoop } from './print-coop.js';

export interface CoopOptions {
  readonly zone?: string;
  readonly alias: readonly Alias[];
  readonly keepDoubled?: true;
  readonly intoUsed?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

const pairsMax = 50;

export async function runImport(globals: Globals, path: string, options: CoopOptions): Promise<void> {
  const isDryRun = options.dryRun === true;
  const result = await takenIn(globals, path, options);
  if (options.json === true) printJson(coopBody(result));
  else printCoop(result);
  if (!result.imported.isComplete) throw failure('Stopped. What was not recorded yet, the next run goes on with.');
  const isRight = isDryRun || (await check(globals, options.json === true));
  const { imported, reconciled } = result;
  const isWhole = imported.refused.length === 0 && (reconciled?.differing.length ?? 0) === 0;
  if (!isRight || !isWhole) process.exitCode = exitCodes.no;
}

async function takenIn(globals: Globals, path: string, options: CoopOptions): Promise<CoopResult> {
  const db = await openOriginal(path);
  try {
    await refuseUsed(globals, fileIdOf(db), options);
    return await withStopping((stopping) => importAll(globals, path, db, options, stopping)).catch(brokenOff);
  } finally {
    db.close();
  }
}

function brokenOff(error: unknown): never {
  if (!(error instanceof SinkFailure)) throw error;
  throw failure(`${error.message}. What was not recorded yet, the next run goes on with.`);
}

async function importAll(
  globals: Globals,
  path: string,
  db: OriginalDatabase,
  options: CoopOptions,
  { stop }: Stopping,
): Promise<CoopResult> {
  const here = globals.timeZone ?? systemTimeZone();
  const zone = options.zone ?? here;
  const aliases = resolvedAliases(options.alias);
  const common = { db, zone, aliases, keepDoubled: options.keepDoubled === true, stop };
  const line = new ProgressLine('rows');
  const onProgress = (done: number, total: number) => line.show('importing', done, total);
  const now = systemClock.now();
  const run = (target: Target, poolZone: string) =>
    importOriginal({ ...common, now, poolZone, onProgress, ...target }).finally(() => line.end());
  const isDryRun = options.dryRun === true;
  const imported = isDryRun
    ? await tried(globals, here, run)
    : await withPoolClient(globals, async (client) => run(targetOf(client), await client.timeZone()));
  const reconciled = isDryRun ? null : await compare(globals, imported.account);
  const names = firstSpellings(imported.names);
  const spellingOf = (name: string): string => {
    const alias = aliases.find(({ spelling }) => foldCase(spelling) === foldCase(name));
    return alias?.of ?? names.get(foldCase(name)) ?? name;
  };
  const apart = [...names.values()].filter((name) => spellingOf(name) === name);
  const result = {
    database: path,
    zone,
    imported,
    lines: reconciled?.lines ?? [...saidLines(imported.account, spellingOf).values()],
    reconciled,
    pairs: likelyPairs(apart, pairsMax),
    isDryRun,
  };
  const digest = digestOf(coopBody({ ...result, digest: '' }));
  if (!isDryRun && imported.isComplete) await tellLog(globals, imported, digest);
  return { ...result, digest };
}

/** By folded name. */
function firstSpellings(names: readonly string[]): Map<string, string> {
  const first = new Map<string, string>();
  for (const name of names) if (!first.has(foldCase(name))) first.set(foldCase(name), name);
  return first;
}

type Target = Pick<Parameters<typeof importOriginal>[0], 'send' | 'register'>;

/** Records nothing, and says of each row whether it is there already. */
async function tried(
  globals: Globals,
  here: string,
  run: (target: Target, poolZone: string) => Promise<OriginalHistory>,
): Promise<OriginalHistory> {
  const isThere = await withEngine(globals, async (engine) => (await engine.pools()).length > 0).catch(noWhereMissing);
  if (!isThere) {
    const recorded = { status: 'recorded' } as const;
    return run({ send: async (reports) => reports.map(() => recorded), register: async () => 'recorded' }, here);
  }
  return withView(globals, async (view) => {
    const { engine, pool } = view;
    const known = async (keys: readonly string[]): Promise<ReadonlySet<string>> => {
      const sql = `SELECT key FROM idempotency WHERE pool = ? AND key IN (${keys.map(() => '?').join(', ')})`;
      return new Set((await engine.query<{ key: string }>(sql, [pool, ...keys])).map(({ key }) => key));
    };
    return run(
      {
        send: async (reports) => {
          const found = await known(reports.map(({ key = '' }) => key));
          return reports.map(({ key = '' }) => ({ status: found.has(key) ? 'repeated' : 'recorded' }));
        },
        register: async ({ key }) => ((await known([key])).has(key) ? 'repeated' : 'recorded'),
      },
      await view.timeZone(),
    );
  });
}

const noWhereMissing = (error: unknown): false => {
  if (error instanceof StorageError && error.reason === 'missing') return false;
  throw error;
};

const targetOf = (client: LedgerClient): Target => ({
  send: (reports) => client.recordAll(reports, importSource),
  register: (command) => registered(client, command),
});

/** Whoever is in the ledger already stays as the ledger has it. */
async function registered(client: LedgerClient, command: IdentityCommand): Promise<string> {
  try {
    return (await client.record(command, false)).status;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === 'key_reused') return 'repeated';
    return error.code === 'identity_exists' ? 'exists' : error.code;
  }
}

/** A pool in use has its own account of the time that the history is of; both together may count twice. */
async function refuseUsed(globals: Globals, fileId: string, { intoUsed, dryRun }: CoopOptions): Promise<void> {
  if (intoUsed === true) return;
  const why = await whyUsed(globals, fileId);
  if (why === null) return;
  if (dryRun !== true) throw usageError(why);
  remark(`Without --dry-run this is refused: ${why}`);
}

/** Null where nothing of its own is in the pool. */
async function whyUsed(globals: Globals, fileId: string): Promise<string | null> {
  const pool = (globals.pool ?? defaultPoolName) as PoolId;
  const found = await withEngine(globals, async (engine) => {
    const count = async (table: string) => {
      const sql = `SELECT count(*) AS rows FROM ${table} WHERE pool = ? AND source <> ?`;
      const [row] = await engine.query<{ rows: number }>(sql, [
        pool,
        table === tables.readings ? 'coop-quota' : importSource,
      ]);
      return Number(row?.rows ?? 0);
    };
    const [other] = await engine.readEvents(pool, { limit: 1, backwards: true, source: importSource });
    return { uses: await count(tables.uses), readings: await count(tables.readings), other };
  }).catch((error: unknown) => {
    if (error instanceof StorageError && error.reason === 'missing') return null;
    throw error;
  });
  if (found === null) return null;
  if (found.uses + found.readings > 0) {
    return `The pool ${pool} holds ${found.uses} uses and ${found.readings} readings of its own. Where none of them is in the database too, --into-used takes its history in beside them; else import it into a pool, or a data directory, of its own.`;
  }
  const source = found.other === undefined ? null : sourceOf(found.other.payload);
  if (source !== null && source !== `coop:${fileId}`) {
    return `The pool ${pool} holds the history of another database (${source}; this one is coop:${fileId}), or its first row has changed since. --into-used takes this one in beside it.`;
  }
  return null;
}

function sourceOf(payload: string): string | null {
  const { imported, source } = JSON.parse(payload) as { imported?: { source?: string }; source?: string };
  return imported?.source ?? source ?? null;
}

async function compare(globals: Globals, account: Account): Promise<Reconciled> {
  return withView(globals, async (view) => {
    const { engine, pool } = view;
    const names = new Map<string, { readonly name: string; readonly into: string | null }>();
    const known = await engine.query<{ name: string; aliases: string; merged_into: string | null }>(
      'SELECT name, aliases, merged_into FROM claude_identities WHERE pool = ?',
      [pool],
    );
    for (const { name, aliases, merged_into: into } of known) {
      for (const spelling of [name, ...(JSON.parse(aliases) as string[])])
        names.set(foldCase(spelling), { name, into });
    }
    const nameOf = (spelling: string): string => {
      const found = names.get(foldCase(spelling));
      if (found === undefined) return unknownName;
      return found.into === null ? found.name : nameOf(found.into);
    };
    async function* uses(): AsyncGenerator<LedgerUse> {
      const size = 5_000;
      let after = 0;
      for (;;) {
        const rows = await engine.query<LedgerUse>(
          `SELECT seq, claude_name, mode, occurred_at, cost_micro_usd, cost_source, legacy_tokens
             FROM resource_share_increments
            WHERE pool = ? AND seq > ? AND source = ? AND corrects IS NULL ORDER BY seq LIMIT ${size}`,
          [pool, after, importSource],
        );
        yield* rows;
        if (rows.length < size) return;
        after = (rows.at(-1) as LedgerUse).seq;
      }
    }
    return reconcile(account, await view.timeZone(), nameOf, uses());
  });
}

/** Where all of it was there before, there is nothing to tell. */
async function tellLog(globals: Globals, { fileId, account, range }: OriginalHistory, digest: string): Promise<void> {
  const counts = [...account.tables.values()];
  const sum = (of: 'read' | 'recorded' | 'repeated') => counts.reduce((total, one) => total + one[of], 0);
  if (sum('recorded') === 0) return;
  const leftOut = counts.flatMap(({ leftOut }) => [...leftOut.values()]).reduce((total, one) => total + one, 0);
  const payload = {
    source: `coop:${fileId}`,
    digest,
    ...(range === null ? {} : range),
    rows_read: sum('read'),
    rows_recorded: sum('recorded'),
    rows_repeated: sum('repeated'),
    rows_left_out: leftOut,
  };
  const key = `coop:${fileId}:completed:${digest}`;
  await withPoolClient(globals, (client) => client.record({ type: 'import.completed', key, payload }, false));
}

/**
 * As `verify`: the chain, and that the tables are what the log says. In a process of its own, with a small young heap: beside what an
 * import has taken, 100,000 events would need 220 MB.
 */
async function check(globals: Globals, isQuiet: boolean): Promise<boolean> {
  const { database } = globals;
  const program = process.argv[1] as string;
  // A URL may hold a password, and arguments are seen by everybody.
  const place = isServer(database) ? [] : ['--data', database];
  const variables = isServer(database) ? { RESOURCE_SHARE_DATABASE: database, RESOURCE_SHARE_DATA: undefined } : {};
  const child = spawn(process.execPath, ['--max-semi-space-size=4', program, 'verify', ...place], {
    stdio: ['ignore', isQuiet ? 'ignore' : 'inherit', 'inherit'],
    env: { ...processEnvironment(), ...variables },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 && isQuiet) remark('The ledger is not as it should be; `resource-share verify` says what is wrong.');
  return code === 0;
}
