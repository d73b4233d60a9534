/** The zone in which a daemon cuts the days of a pool: whoever writes a date means a day of that zone, wherever they are. */
import { exchange } from '../client/http.js';
import { unknownPool } from '../ledger/view.js';
import { CliExit, exitCodes } from './exit.js';

interface Pool {
  readonly pool: string;
  readonly time_zone: string;
}

export const routeOf = (url: string, path: string): URL => new URL(path, `${url.replace(/\/$/, '')}/`);

export async function poolTimeZone(url: string, pool: string, timeoutMs: number): Promise<string> {
  const pools = await poolsOf(url, timeoutMs);
  const found = pools.find((one) => one.pool === pool);
  if (found === undefined)
    throw unknownPool(
      pool,
      pools.map((one) => one.pool),
    );
  return found.time_zone;
}

async function poolsOf(url: string, timeoutMs: number): Promise<readonly Pool[]> {
  try {
    const { status, text } = await exchange({ method: 'GET', url: routeOf(url, 'v1/pools'), timeoutMs });
    if (status !== 200) throw new Error(`it answered ${status}`);
    return (JSON.parse(text) as { pools: Pool[] }).pools;
  } catch (error) {
    throw new CliExit(
      exitCodes.unavailable,
      `in which time zone the date is, the daemon at ${url} has to say, and it cannot be asked (${(error as Error).message}). Nothing was recorded; write the time with a zone: 2026-01-05T09:30:00Z.`,
    );
  }
}
