/** States of a pool that are kept, so that folding need not begin at the first event: for the next start, and for the past. */
import type { PoolId } from '../../events/scalars.js';
import type { Checkpoint, Snapshot } from '../engine.js';
import type { Client } from './connections.js';
import { prepared } from './statements.js';

const snapshotsKept = 2;

const headSql = '(SELECT head_seq FROM pools WHERE pool = ?)';

export async function loadSnapshot(client: Client, pool: PoolId, format: number): Promise<Snapshot | null> {
  const sql = `SELECT seq, format, state FROM snapshots WHERE pool = ? AND format = ? AND seq <= ${headSql}
    ORDER BY seq DESC LIMIT 1`;
  return (await client.query<Snapshot>(prepared(sql, [pool, format, pool]))).rows[0] ?? null;
}

/** As `Engine.saveSnapshot`. Must run in a transaction. Another node may have kept the same one. */
export async function saveSnapshot(client: Client, pool: PoolId, { seq, format, state }: Snapshot): Promise<void> {
  const save = `INSERT INTO snapshots VALUES (?, ?, ?, ?)
    ON CONFLICT (pool, seq) DO UPDATE SET format = excluded.format, state = excluded.state`;
  await client.query(prepared(save, [pool, seq, format, state]));
  const beyond = `DELETE FROM snapshots WHERE pool = ? AND seq > ${headSql}`;
  await client.query(prepared(beyond, [pool, pool]));
  const forget = `DELETE FROM snapshots WHERE pool = ? AND seq < (SELECT min(seq) FROM
    (SELECT seq FROM snapshots WHERE pool = ? ORDER BY seq DESC LIMIT ${snapshotsKept}) AS newest)`;
  await client.query(prepared(forget, [pool, pool]));
}

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
