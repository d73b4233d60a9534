/** States of a pool that are kept, so that folding need not begin at the first event: for the next start, and for the past. */
import type Database from 'better-sqlite3';
import type { PoolId } from '../../events/scalars.js';
import type { Checkpoint, Snapshot } from '../engine.js';

const snapshotsKept = 2;

const headSql = '(SELECT head_seq FROM pools WHERE pool = ?)';

export function loadSnapshot(db: Database.Database, pool: PoolId, format: number): Snapshot | null {
  const sql = `SELECT seq, format, state FROM snapshots WHERE pool = ? AND format = ? AND seq <= ${headSql}
    ORDER BY seq DESC LIMIT 1`;
  return (db.prepare(sql).get(pool, format, pool) as Snapshot | undefined) ?? null;
}

/** As `Engine.saveSnapshot`. Must run in a transaction. */
export function saveSnapshot(db: Database.Database, pool: PoolId, { seq, format, state }: Snapshot): void {
  db.prepare('INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)').run(pool, seq, format, state);
  db.prepare(`DELETE FROM snapshots WHERE pool = ? AND seq > ${headSql}`).run(pool, pool);
  db.prepare(
    `DELETE FROM snapshots WHERE pool = ? AND seq NOT IN (SELECT seq FROM snapshots WHERE pool = ? ORDER BY seq DESC LIMIT ${snapshotsKept})`,
  ).run(pool, pool);
}

/** As `Engine.saveCheckpoint`. Must run in a transaction. */
export function saveCheckpoint(db: Database.Database, pool: PoolId, checkpoint: Checkpoint): boolean {
  const { seq, after, rules, parts } = checkpoint;
  const before = `SELECT 1 FROM checkpoints WHERE pool = ? AND part = 'state' AND seq = ? AND rules = ?`;
  if (after > 0 && db.prepare(before).get(pool, after, rules) === undefined) return false;
  const save = db.prepare('INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?, ?, ?)');
  for (const [part, contents] of Object.entries(parts)) save.run(pool, part, seq, rules, contents);
  return true;
}

export function dropCheckpoints(db: Database.Database, pool: PoolId): void {
  db.prepare('DELETE FROM checkpoints WHERE pool = ?').run(pool);
}
