/** What `Engine.saveCheckpoint` and `dropCheckpoints` write. */
import type Database from 'better-sqlite3';
import type { PoolId } from '../../events/scalars.js';
import type { Checkpoint } from '../engine.js';

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
