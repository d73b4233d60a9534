/** Named leases with a fencing token. Times are of the server's clock, as those of the nodes differ. */
import { limits } from '../../limits.js';
import type { Client } from './connections.js';
import { prepared } from './statements.js';

const now = 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)';

/**
 * A lease that ran out, or is the holder's own, is taken with a new token; another's is left alone. Whoever asks for a lease of this name
 * asks for the same time: one that runs out later than that was taken before the clock went back.
 */
export async function acquireLease(
  client: Client,
  name: string,
  holder: string,
  ttlMs: number,
): Promise<number | null> {
  const sql = `INSERT INTO leases VALUES (?, ?, 1, ${now} + ?::bigint) ON CONFLICT (name) DO UPDATE
    SET holder = excluded.holder, token = leases.token + 1, expires_at = excluded.expires_at
    WHERE leases.expires_at <= ${now} OR leases.expires_at > ${now} + ?::bigint OR leases.holder = excluded.holder RETURNING token`;
  const { rows } = await client.query<{ token: number }>(
    prepared(sql, [name, holder, ttlMs, ttlMs + limits.clockJumpMs]),
  );
  return rows[0]?.token ?? null;
}

/** One that ran out is still the holder's until another takes it. */
export async function renewLease(client: Client, name: string, token: number, ttlMs: number): Promise<boolean> {
  const sql = `UPDATE leases SET expires_at = ${now} + ?::bigint WHERE name = ? AND token = ? AND expires_at > 0`;
  return (await client.query(prepared(sql, [ttlMs, name, token]))).rowCount === 1;
}

export async function releaseLease(client: Client, name: string, token: number): Promise<void> {
  await client.query(prepared('UPDATE leases SET expires_at = 0 WHERE name = ? AND token = ?', [name, token]));
}
