/** Builds a table of the past: a replay of one projection and pool, up to an event, that begins at the checkpoint before it. */
import type { Engine } from '../engines/engine.js';
import type { PoolId } from '../events/scalars.js';
import { limits } from '../limits.js';
import type { Projection } from '../projections/projection.js';
import { changesUpTo, checkpointBefore } from './checkpoints.js';
import { chosenProjections, ReplayRun } from './replay-run.js';

interface AsOf {
  readonly shadow: string;
  readonly projection: string;
  readonly pool: PoolId;
  readonly upTo: number;
}

/**
 * Builds the table of a projection that can be asked of the past, of one pool as of a seq, in the shadow of that name, which
 * stays. So many events are folded at once. Given up by the signal, it ends at its next step, and leaves no shadow.
 */
export async function buildAsOf(
  engine: Engine,
  { shadow, projection, pool, upTo }: AsOf,
  pageRows: number = limits.scanRowsPage,
  signal?: AbortSignal,
): Promise<void> {
  const chosen = chosenProjections([projection]);
  for (const one of chosen) await beginAtCheckpoint(engine, shadow, one, pool, upTo);
  const run = await ReplayRun.start(engine, shadow, chosen, { pool, upTo, pageRows });
  try {
    signal?.throwIfAborted();
    for await (const _ of run.fold()) signal?.throwIfAborted();
  } catch (error) {
    await run.shadow.drop();
    throw error;
  }
  await run.shadow.close();
}

async function beginAtCheckpoint(
  engine: Engine,
  name: string,
  projection: Projection,
  pool: PoolId,
  upTo: number,
): Promise<void> {
  const reached = await checkpointBefore(engine, pool, projection, upTo);
  if (reached === null) return;
  const shadow = await engine.openShadow(name, [projection], false);
  await shadow.apply(await changesUpTo(engine, pool, projection, reached.seq), new Map([[pool, reached]]));
  await shadow.close();
}
