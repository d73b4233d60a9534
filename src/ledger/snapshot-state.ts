/** The state in the newest snapshot of a pool, where the log bears it out. */
import type { Engine } from '../engines/engine.js';
import type { PoolId } from '../events/scalars.js';
import { type PoolState, restoreState, stateFormat } from '../events/state.js';
import { StorageError } from '../storage-error.js';

/**
 * Null where there is none, or where its last event is another one in the log, as after a fail-over to a server that had not
 * got everything: the log is then folded from its beginning.
 */
export async function snapshotState(engine: Engine, pool: PoolId): Promise<PoolState | null> {
  const snapshot = await engine.loadSnapshot(pool, stateFormat);
  if (snapshot === null) return null;
  const state = restoreState(snapshot.state);
  return (await isOfLog(engine, state)) ? state : null;
}

/** Where its segment is damaged the snapshot is all there is of the event, and needs no other. */
async function isOfLog(engine: Engine, { pool, seq, at }: PoolState): Promise<boolean> {
  try {
    return (await engine.eventAt(pool, seq))?.recorded_at === at;
  } catch (error) {
    if (error instanceof StorageError && error.reason === 'corrupt') return true;
    throw error;
  }
}
