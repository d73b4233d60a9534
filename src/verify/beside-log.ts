/**
 * What a daemon works with beside the log, looked at part by part: the storage itself, the kept answers, the saved states and
 * the tables. Nothing is changed; what is built to compare with is gone at the end.
 */
import { randomBytes } from 'node:crypto';
import type { Engine, PoolRecord } from '../engines/engine.js';
import { projections } from '../projections/projector.js';
import { ReplayRun } from '../replay/replay-run.js';
import { StorageError } from '../storage-error.js';
import { countText } from '../text/number.js';
import { Faults, type Finding, findingOf, type PartName, skippedPart } from './finding.js';
import { checkKeptAnswers } from './kept-answers.js';
import { checkSavedStates } from './saved-states.js';

export interface VerifyProgress {
  readonly part: PartName;
  readonly done: number;
  readonly total: number;
}

type Steps = AsyncGenerator<VerifyProgress, Finding>;

/** Tables are those of all pools; the other parts are looked at for the pools that are given. */
export async function* verifyBesideLog(
  engine: Engine,
  pools: readonly PoolRecord[],
): AsyncGenerator<VerifyProgress, readonly Finding[]> {
  return [
    yield* guarded('storage', checkStorage(engine)),
    yield* guarded('kept answers', checkAnswers(engine, pools)),
    yield* guarded('saved states', checkStates(engine, pools)),
    yield* guarded('tables', checkTables(engine)),
  ];
}

/** Whatever stops a part is a finding, unless it is not due to what is stored. */
export async function* guarded(part: PartName, steps: Steps): Steps {
  try {
    return yield* steps;
  } catch (error) {
    if (error instanceof StorageError && isElsewhere.has(error.reason)) throw error;
    if (error instanceof StorageError && error.reason === 'read_only') return skippedPart(part, error.message);
    return findingOf(part, 'not to its end', [(error as Error).message]);
  }
}

const isElsewhere: ReadonlySet<string> = new Set(['unavailable', 'locked', 'newer', 'conflict', 'missing']);

async function* checkStorage(engine: Engine): Steps {
  yield { part: 'storage', done: 0, total: 1 };
  const { by, faults } = await engine.checkStorage();
  if (by === null) return skippedPart('storage', 'the server has no extension amcheck in this database');
  return findingOf('storage', `pages and indexes, by ${by}`, faults);
}

async function* checkAnswers(engine: Engine, pools: readonly PoolRecord[]): Steps {
  const faults = new Faults();
  let keys = 0;
  for await (const step of each(pools, 'kept answers', async function* (record) {
    keys += yield* checkKeptAnswers(engine, record, faults);
  }))
    yield step;
  return findingOf('kept answers', `of ${countText(keys)} keyed requests`, faults.list);
}

async function* checkStates(engine: Engine, pools: readonly PoolRecord[]): Steps {
  const faults = new Faults();
  let [snapshots, checkpoints] = [0, 0];
  for await (const step of each(pools, 'saved states', async function* (record) {
    const counted = yield* checkSavedStates(engine, record, faults);
    snapshots += counted.snapshots;
    checkpoints += counted.checkpoints;
  }))
    yield step;
  const what = `${countText(snapshots)} snapshots, ${countText(checkpoints)} checkpoints`;
  return findingOf('saved states', what, faults.list);
}

/** Progress over the events of all pools, from steps that say how far they are in one. */
async function* each(
  pools: readonly PoolRecord[],
  part: PartName,
  steps: (record: PoolRecord) => AsyncGenerator<number, void>,
): AsyncGenerator<VerifyProgress> {
  const total = pools.reduce((sum, { head }) => sum + head.seq, 0);
  let before = 0;
  for (const record of pools) {
    for await (const done of steps(record)) yield { part, done: before + done, total };
    before += record.head.seq;
  }
}

async function* checkTables(engine: Engine): Steps {
  const run = await ReplayRun.start(engine, `verify-${randomBytes(6).toString('hex')}-${process.pid}`, projections);
  try {
    for await (const { events, total } of run.fold()) yield { part: 'tables', done: events, total };
    const tables = await run.compare();
    const rows = tables.reduce((sum, { liveRows }) => sum + liveRows, 0);
    const wrong = tables.filter(({ differing }) => differing > 0);
    const faults = wrong.map(
      ({ table, differing, examples }) => `${table}: ${countText(differing)} rows differ (${examples.join('; ')})`,
    );
    if (faults.length > 0) faults.unshift(...(await whyOutdated(engine)));
    return findingOf('tables', `${countText(rows)} rows of ${tables.length} tables`, faults);
  } finally {
    await run.shadow.drop();
  }
}

/** After an upgrade the tables are those of the release before, until they are rebuilt: nothing is damaged. */
async function whyOutdated(engine: Engine): Promise<readonly string[]> {
  const outdated = await engine.outdatedProjections();
  if (outdated.length === 0) return [];
  const names = outdated.join(', ');
  return [`another release built ${names}: a daemon rebuilds them when it starts, \`resource-share replay\` at once`];
}
