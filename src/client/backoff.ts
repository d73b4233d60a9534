/** How long to wait before the next attempt: exponential, with full jitter, so that many clients do not come back at once. */
export interface BackoffSettings {
  readonly baseMs: number;
  readonly maxMs: number;
}

export const defaultBackoff: BackoffSettings = { baseMs: 500, maxMs: 60_000 };

/** `attempt` counts from 0. What the server asked for (`Retry-After`) is waited for at least. */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs }: BackoffSettings,
  retryAfterMs = 0,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** attempt);
  return retryAfterMs + Math.round(random() * ceiling);
}

/** `Retry-After` in milliseconds: seconds, or an HTTP date. 0 where it is missing or cannot be read. */
export function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}
