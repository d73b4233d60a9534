/** What `Engine.saveCheckpoint` and `dropCheckpoints` write. */
import type { PoolId } from '../../events/scalars.js';
import type { Checkpoint } from '../engine.js';
import type { Client } from './connections.js';
import { prepared } from './statements.js';

/** As `Engine.saveCheckpoint`. Must run in a transaction: the checkpoint before stays until it ends. */
export async function saveCheckpoint(client: Client, pool: PoolId, checkpoint: Checkpoint): Promise<boolean> {
  const { seq, after, rules, parts } = checkpoint;
  const before = `SELECT 1 FROM checkpoints WHERE pool = ? AND part = 'state' AND seq = ? AND rules = ? FOR UPDATE`;
  if (after > 0 && (await client.query(prepared(before, [pool, after, rules]))).rowCount === 0) return false;
  const save = 'INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?) ON CONFLICT (pool, part, seq) DO NOTHING';
  for (const [part, contents] of Object.entries(parts)) {
    await client.query(prepared(save, [pool, part, seq, rules, contents]));
  }
  return true;
}

export async function dropCheckpoints(client: Client, pool: PoolId): Promise<void> {
  await client.query(prepared('DELETE FROM checkpoints WHERE pool = ?', [pool]));
}
