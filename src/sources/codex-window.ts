/** Windows of a quota, as Codex 0.171 writes them: `{used_percent, window_minutes, resets_at}`. */
import { type JsonObject, numberOf, objectOf, shortTextOf, sinceEpoch } from './json.js';
import type { WindowSeen } from './source.js';

/** Above this a percentage is something else: times since 1970 have been found in its place. */
const percentMax = 101;

/** Windows of a year are longer than any that was seen. */
const minutesMax = 525_600;

/** Both windows of `rate_limits`. One that says 0 % of 0 minutes without a reset says nothing. */
export function codexWindows(rateLimits: unknown, measuredAt: number | null): WindowSeen[] {
  const limits = objectOf(rateLimits);
  const id = shortTextOf(limits.limit_id) ?? 'codex';
  const label = shortTextOf(limits.limit_name) ?? undefined;
  return ['primary', 'secondary'].flatMap((name) => {
    const window = objectOf(limits[name]);
    const told = Math.round(numberOf(window.window_minutes) ?? 0);
    const minutes = told > 0 && told <= minutesMax ? told : 0;
    const percent = numberOf(window.used_percent);
    const resetsAt = resetOf(window, measuredAt);
    if (resetsAt === null && minutes === 0 && (percent ?? 0) === 0) return [];
    const isPercent = percent === null || (percent >= 0 && percent <= percentMax);
    return {
      key: `${id}_${minutes === 0 ? name : `${minutes}m`}`,
      label,
      percentBp: percent === null || !isPercent ? null : Math.min(10_000, Math.round(percent * 100)),
      resetsAt,
      durationS: minutes === 0 ? undefined : minutes * 60,
      exhausted: isPercent && percent !== null && percent >= 100 ? true : undefined,
      rejected: isPercent ? undefined : true,
    };
  });
}

/** Older clients told how many seconds were left. */
function resetOf({ resets_at, resets_in_seconds }: JsonObject, measuredAt: number | null): number | null {
  const left = numberOf(resets_in_seconds);
  if (resets_at === undefined && left !== null && measuredAt !== null) return sinceEpoch(measuredAt + left * 1_000, 1);
  return sinceEpoch(resets_at, 1_000);
}
