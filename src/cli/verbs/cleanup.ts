/** `cleanup`: sweeps what is left of holders that are gone, or says what it would. */
import { type Command, Option } from 'commander';
import { defaultPoolName } from '../../settings/default-pool.js';
import { requireSettings } from '../../settings/resolve.js';
import { failure, negativeResult, usageError } from '../exit.js';
import { addExamples, type Globals, globalsOf, jsonOption, settingsFor } from '../options.js';
import { printJson, printLine } from '../output.js';
import { parseDuration } from '../times.js';

interface Options {
  readonly dryRun?: true;
  readonly olderThan?: number;
  readonly only?: readonly string[];
  readonly json?: true;
}

interface Result {
  readonly removed: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, string>>;
}

export function define(command: Command): void {
  command
    .description(
      'Sweep what is left of holders that are gone, as a daemon does each five minutes: turns whose time is up, claims on jobs that nobody renewed, names and windows of which nobody has heard for 90 days, finished jobs that are kept no longer, and scratch files of processes that have ended. Ends with 1 where a sort could not be swept, with 2 where the ledger cannot be reached.',
    )
    .option('--dry-run', 'say what would be swept, and change nothing')
    .addOption(
      new Option(
        '--older-than <duration>',
        'how long nobody may have written to a file of a process that has ended (default: the setting cleanup.older_than_s)',
      ).argParser(parseDuration),
    )
    .option('--only <sorts>', 'only these, separated by commas: turns, claims, names, jobs, scratch', (text) =>
      text.split(',').map((each) => each.trim()),
    )
    .addOption(jsonOption());
  command.action((options: Options) => cleanUp(command, options));
  addExamples(command, 'cleanup --dry-run', 'cleanup', 'cleanup --only scratch --older-than 1h --json');
}

async function cleanUp(command: Command, { dryRun, olderThan, only, json }: Options): Promise<void> {
  const globals = globalsOf(command);
  const { cleanupSortNames } = await import('../../jobs/cleanup-sorts.js');
  const strange = only?.find((name) => !(cleanupSortNames as readonly string[]).includes(name));
  if (strange !== undefined) throw usageError(`--only: "${strange}" is none of ${cleanupSortNames.join(', ')}.`);
  const { cleanup } = requireSettings(settingsFor(command), 'cleanup');
  const seconds = olderThan === undefined ? cleanup.older_than_s : Math.round(olderThan / 1_000);
  const result = await asOfStore(dryRun === true ? count(globals, seconds, only) : sweep(globals, seconds, only));
  if (json === true) printJson({ dry_run: dryRun === true, ...result });
  else print(result, dryRun === true);
  const failed = Object.keys(result.failed);
  if (failed.length > 0) throw negativeResult(`${failed.join(', ')} could not be swept.`);
}

/** By a connection that only reads, beside a daemon or without one. */
async function count(globals: Globals, seconds: number, only: readonly string[] | undefined): Promise<Result> {
  const { countAll } = await import('../../jobs/cleanup.js');
  const { withEngine } = await import('../open-view.js');
  const { LedgerView } = await import('../../ledger/view.js');
  const { momentOf } = await import('../../ledger/history.js');
  const { systemClock } = await import('../../runtime/clock.js');
  const { database } = globals;
  return withEngine(globals, async (engine) => {
    const clock = { ...systemClock, now: () => engine.wall() };
    const states = [];
    for (const { pool } of await engine.pools())
      states.push((await momentOf(await LedgerView.open(engine, pool, { database, clock }), undefined)).state);
    const query = <R extends object>(sql: string, values: readonly unknown[]) => engine.query<R>(sql, values as never);
    return countAll(
      { states, now: clock.now(), database, olderThanMs: seconds * 1_000, query },
      only as Parameters<typeof countAll>[1],
    );
  });
}

async function sweep(globals: Globals, seconds: number, only: readonly string[] | undefined): Promise<Result> {
  const { withPoolClient } = await import('../open-client.js');
  const pool = globals.pool ?? defaultPoolName;
  return (await withPoolClient({ ...globals, pool }, (client) =>
    client.ask('v1/cleanup', { older_than_s: seconds, only }),
  )) as Result;
}

/** A store that is away is told by one code of its own, which timers look for. */
async function asOfStore(result: Promise<Result>): Promise<Result> {
  const { StorageError } = await import('../../storage-error.js');
  return result.catch((error: unknown) => {
    throw error instanceof StorageError ? failure(error.message) : error;
  });
}

function print({ removed, failed }: Result, isDry: boolean): void {
  const found = Object.entries(removed).filter(([, count]) => count > 0);
  for (const [sort, count] of found) printLine(`${isDry ? 'would sweep' : 'swept'} ${count} ${sort}`);
  for (const [sort, why] of Object.entries(failed)) printLine(`${sort}: ${why}`);
  if (found.length === 0 && Object.keys(failed).length === 0) printLine('There is nothing to sweep.');
}
