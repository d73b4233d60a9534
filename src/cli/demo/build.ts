/** Recording a made week with the real ledger, its clock set to each moment of the week. */
import { readdir, rename, rm } from 'node:fs/promises';
import { type Engine, StorageError } from '../../engines/engine.js';
import { parseCommand } from '../../events/command.js';
import type { StoredEvent } from '../../events/envelope.js';
import type { PoolId } from '../../events/scalars.js';
import { failure } from '../exit.js';
import { openLedger } from '../ledger.js';
import { defaultPool } from '../options.js';
import { withEngine } from '../reading.js';
import { timeZoneSetting } from '../settings.js';
import { demoSource, type Happening, makeWeek } from './week.js';

const seed = 1_843;
const origin = { actor: 'local', source: demoSource };
const pool = defaultPool as PoolId;

/** Makes the week in a new data directory; one that holds a made week already is left as it is. */
export async function buildDemo(data: string, end: number): Promise<'made' | 'there'> {
  if (await holdsDemo(data)) return 'there';
  const partial = `${data.replace(/\/+$/, '')}.partial`;
  await rm(partial, { recursive: true, force: true });
  await record(partial, makeWeek(end, seed));
  await rename(partial, data);
  return 'made';
}

/** Whether the directory holds a made week. Ends the run when it holds anything else. */
async function holdsDemo(data: string): Promise<boolean> {
  const names = await readdir(data).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.length === 0) return false;
  const first = await withEngine(data, firstEvent).catch((error: unknown) => {
    if (error instanceof StorageError && error.reason === 'unavailable') return undefined;
    throw error;
  });
  if (first?.source === demoSource) return true;
  throw failure(`${data} holds something that is no demo; choose another directory with --data.`);
}

async function firstEvent(engine: Engine): Promise<StoredEvent | undefined> {
  const pools = await engine.pools();
  return pools.some((record) => record.pool === pool) ? (await engine.readEvents(pool, { limit: 1 }))[0] : undefined;
}

async function record(data: string, week: readonly Happening[]): Promise<void> {
  let now = week[0]?.at ?? 0;
  const ids = new Map<string, string>();
  const idOf = (label: string) => {
    const id = ids.get(label);
    if (id === undefined) throw new Error(`the made week has no ${label}`);
    return id;
  };
  const ledger = await openLedger(data, { unknownAgents: 'auto', now: () => now });
  try {
    await ledger.addEmptyPool(pool);
    const opening = { type: 'pool.configured', payload: { time_zone: timeZoneSetting() } };
    await ledger.submitOne(pool, parseCommand(opening, origin));
    for (const { at, command, label } of week) {
      now = at;
      const outcome = await ledger.submitOne(pool, parseCommand(command(idOf), origin));
      if (outcome.status === 'rejected') throw new Error(`the made week does not work: ${outcome.detail}`);
      if (label !== undefined && outcome.receipt !== undefined) ids.set(label, outcome.receipt.id);
    }
  } finally {
    await ledger.close();
  }
}
