/** Recording a made week with the real ledger, its clock set to each moment of the week. */

import { readdir, rename, rm } from 'node:fs/promises';
import { type LedgerOptions, openLedger } from '../../daemon/open-ledger.js';
import type { Engine } from '../../engines/engine.js';
import { parseCommand } from '../../events/command.js';
import type { StoredEvent } from '../../events/envelope.js';
import type { PoolId } from '../../events/scalars.js';
import { clockOf } from '../../runtime/clock.js';
import { systemTimeZone } from '../../runtime/time-zone.js';
import { defaultPoolName } from '../../settings/default-pool.js';
import { StorageError } from '../../storage-error.js';
import { failure } from '../exit.js';
import type { CommandText } from '../ledger-client.js';
import { withEngine } from '../open-view.js';
import { type Answer, demoSource, type Happening } from './happening.js';
import { makeWeek, startOf } from './week.js';

const seed = 1_843;
const origin = { actor: 'local', source: demoSource };
const pool = defaultPoolName as PoolId;

/** Makes the week in a new data directory; one that holds a made week already is left as it is. */
export async function buildDemo(options: LedgerOptions, end: number): Promise<'made' | 'there'> {
  const { database: data } = options;
  if (await holdsDemo(options)) return 'there';
  const partial = `${data.replace(/\/+$/, '')}.partial`;
  await rm(partial, { recursive: true, force: true });
  await record({ ...options, database: partial }, startOf(end), makeWeek(end, seed));
  await rename(partial, data);
  return 'made';
}

/** Whether the directory holds a made week. Ends the run when it holds anything else. */
async function holdsDemo(options: LedgerOptions): Promise<boolean> {
  const { database: data } = options;
  const names = await readdir(data).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.length === 0) return false;
  const first = await withEngine(options, firstEvent).catch((error: unknown) => {
    if (error instanceof StorageError && error.reason === 'missing') return undefined;
    throw error;
  });
  if (first?.source === demoSource) return true;
  throw failure(`${data} holds something that is no demo; choose another directory with --data.`);
}

async function firstEvent(engine: Engine): Promise<StoredEvent | undefined> {
  const pools = await engine.pools();
  return pools.some((record) => record.pool === pool) ? (await engine.readEvents(pool, { limit: 1 }))[0] : undefined;
}

async function record(options: LedgerOptions, start: number, week: Generator<Happening, void, Answer>): Promise<void> {
  let now = start;
  const ledger = await openLedger({ ...options, unknownAgents: 'auto', clock: clockOf(() => now) });
  const submit = async (command: CommandText): Promise<Answer> => {
    const outcome = await ledger.submitOne(pool, parseCommand(command, origin));
    if (outcome.status === 'rejected') throw new Error(`the made week does not work: ${outcome.detail}`);
    return { id: outcome.receipt?.id ?? '', interval: outcome.advice?.interval_s };
  };
  try {
    await ledger.addEmptyPool(pool);
    await submit({ type: 'pool.configured', payload: { time_zone: options.timeZone ?? systemTimeZone() } });
    await submit({ type: 'policy.set', payload: { method_version: 2 } });
    for (let next = week.next(); next.done !== true; ) {
      now = next.value.at;
      next = week.next(await submit(next.value.command));
    }
  } finally {
    await ledger.close();
  }
}
