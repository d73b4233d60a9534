/**
 * Snapshots and checkpoints, against the fold of the log: what is worked on after the next start, and what questions about
 * the past begin at.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Engine, PoolRecord } from '../engines/engine.js';
import type { PoolId } from '../events/scalars.js';
import { stateFormat } from '../events/state.js';
import { upcastAll } from '../events/upcast.js';
import { limits } from '../limits.js';
import { expectedStates, storedCheckpoints, storedParts } from '../replay/checkpoints.js';
import type { Faults } from './finding.js';

interface SnapshotRow {
  readonly seq: number;
  readonly state: string;
}

export interface SavedCount {
  readonly snapshots: number;
  readonly checkpoints: number;
}

/** Yields how many events were folded; returns how many were compared. */
export async function* checkSavedStates(
  engine: Engine,
  record: PoolRecord,
  faults: Faults,
): AsyncGenerator<number, SavedCount> {
  const { pool } = record;
  const snapshots = await engine.query<SnapshotRow>(
    'SELECT seq, state FROM snapshots WHERE pool = ? AND format = ? ORDER BY seq',
    [pool, stateFormat],
  );
  const checkpoints = await storedCheckpoints(engine, pool);
  const count = { snapshots: snapshots.length, checkpoints: checkpoints.seqs.length };
  for (const other of checkpoints.others) faults.add(`${pool}: a part of checkpoint ${other} belongs to none`);
  const stops = [...new Set([...snapshots.map(({ seq }) => seq), ...checkpoints.seqs])].sort((a, b) => a - b);
  const { fold, gained } = expectedStates(record);
  for (const stop of stops) {
    if (stop > record.head.seq) {
      if (stop > (await headOf(engine, pool)))
        faults.add(`${pool}: a state as of ${stop} is of an event that is not there`);
      continue;
    }
    while (fold.seq < stop) {
      const page = await engine.scanEvents(pool, fold.seq, stop, limits.scanRowsPage);
      if (page.events.length === 0) {
        faults.add(`${pool}: event ${fold.seq + 1} is missing, so that later states cannot be compared`);
        return count;
      }
      fold.fold(upcastAll(page));
      yield fold.seq;
    }
    for (const { seq, state } of snapshots) {
      if (seq === stop && !isSameState(state, fold.stateText))
        faults.add(`${pool}: the snapshot as of ${stop} is not what the log gives`);
    }
    if (!checkpoints.seqs.includes(stop)) continue;
    for (const part of differing(gained(), await storedParts(engine, pool, stop)))
      faults.add(`${pool}: the checkpoint as of ${stop} is not what the log gives (${part})`);
  }
  return count;
}

/** As it is by now: what was recorded since is no fault. */
async function headOf(engine: Engine, pool: PoolId): Promise<number> {
  return (await engine.pools()).find((record) => record.pool === pool)?.head.seq ?? 0;
}

const isSameState = (one: string, other: string): boolean =>
  one === other || isDeepStrictEqual(JSON.parse(one), JSON.parse(other));

/** Names of the parts that are missing, extra or different. One that was dropped meanwhile has none. */
function differing(expected: Readonly<Record<string, string>>, stored: ReadonlyMap<string, string>): string[] {
  if (stored.size === 0) return [];
  const names = new Set([...Object.keys(expected), ...stored.keys()]);
  return [...names].filter((name) => expected[name] !== stored.get(name));
}
