/** The zone in which a daemon cuts the days of a pool: whoever writes a date means a day of that zone, wherever they are. */
import type { DaemonFinder } from '../client/address.js';
import { exchange } from '../client/http.js';
import { LedgerChanged } from '../client/known-ledgers.js';
import { unknownPool } from '../ledger/view.js';
import { CliExit, exitCodes } from './exit.js';

interface Pool {
  readonly pool: string;
  readonly time_zone: string;
}

export async function poolTimeZone(daemon: DaemonFinder, pool: string, timeoutMs: number): Promise<string> {
  const pools = await poolsOf(daemon, timeoutMs);
  const found = pools.find((one) => one.pool === pool);
  if (found === undefined)
    throw unknownPool(
      pool,
      pools.map((one) => one.pool),
    );
  return found.time_zone;
}

async function poolsOf(daemon: DaemonFinder, timeoutMs: number): Promise<readonly Pool[]> {
  try {
    const { status, text } = await exchange({ method: 'GET', to: daemon(), path: 'v1/pools', timeoutMs });
    if (status !== 200) throw new Error(`it answered ${status}`);
    return (JSON.parse(text) as { pools: Pool[] }).pools;
  } catch (error) {
    if (error instanceof LedgerChanged) throw error;
    throw new CliExit(
      exitCodes.unavailable,
      `in which time zone the date is, the daemon has to say, and it cannot be asked (${(error as Error).message}). Nothing was recorded; write the time with a zone: 2026-01-05T09:30:00Z.`,
    );
  }
}
