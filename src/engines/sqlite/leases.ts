/** Named leases with a fencing token. */
import type Database from 'better-sqlite3';
import { limits } from '../../limits.js';

/**
 * A lease that ran out, or is the holder's own, is taken with a new token; another's is left alone. In a transaction that has
 * the write lock: a time from before it waited for that may have passed. Whoever asks for a lease of this name asks for the same
 * time: one that runs out later than that was taken before the clock went back, by somebody who has to notice.
 */
export function acquireLease(
  db: Database.Database,
  name: string,
  holder: string,
  ttlMs: number,
  now: number,
): number | null {
  const sql = `INSERT INTO leases VALUES (?, ?, 1, ?) ON CONFLICT (name) DO UPDATE
    SET holder = excluded.holder, token = token + 1, expires_at = excluded.expires_at
    WHERE leases.expires_at <= ? OR leases.expires_at > ? OR leases.holder = excluded.holder RETURNING token`;
  const row = db.prepare(sql).get(name, holder, now + ttlMs, now, now + ttlMs + limits.clockJumpMs) as
    | { token: number }
    | undefined;
  return row?.token ?? null;
}

/** In a transaction as above. One that ran out is still the holder's until another takes it. */
export function renewLease(db: Database.Database, name: string, token: number, ttlMs: number, now: number): boolean {
  const sql = 'UPDATE leases SET expires_at = ? WHERE name = ? AND token = ? AND expires_at > 0';
  return db.prepare(sql).run(now + ttlMs, name, token).changes === 1;
}

export function releaseLease(db: Database.Database, name: string, token: number): void {
  db.prepare('UPDATE leases SET expires_at = 0 WHERE name = ? AND token = ?').run(name, token);
}
