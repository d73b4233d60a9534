/** When a message that was not taken is sent again. */

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long after the attempt before; the first one is made at once. */
const waits = [
  0,
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
] as const;
export const attemptsMax = waits.length;
/** At most so much of a wait is added by chance, so that what failed together does not come together again. */
const jitter = 0.1;
const retryAfterMsMax = 24 * hour;

/**
 * How long to wait after so many attempts; null where they were all. `retryAfter` is the header of the answer, which counts where it asks
 * for more; `random` is from 0 to 1.
 */
export function waitAfter(attempts: number, retryAfter: string | null, now: number, random: number): number | null {
  const wait = waits[attempts];
  if (wait === undefined) return null;
  const asked = retryAfter === null ? 0 : Math.min(retryAfterMs(retryAfter, now), retryAfterMsMax);
  return Math.max(Math.round(wait * (1 + jitter * random)), asked);
}

/** Seconds, or a date of HTTP; 0 where it is neither. */
function retryAfterMs(text: string, now: number): number {
  if (/^\d{1,9}$/.test(text)) return Number(text) * second;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}
