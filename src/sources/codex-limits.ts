/** The limits of Codex, as 0.171 tells them: each has up to two windows, and an id (`codex`, or that of a model of its own). */
import { type JsonObject, numberOf, objectOf, shortTextOf } from './json.js';
import { codexKey } from './window-key.js';
import type { WindowsSeen } from './windows-seen.js';

export type CodexPosition = 'primary' | 'secondary';

export interface CodexFigures {
  /** NaN where it cannot be read. */
  readonly percent: number | null;
  /** The percentage as it was written, where more than all of it may be used. */
  readonly written?: string | undefined;
  readonly minutes: unknown;
  readonly resetValue: unknown;
  readonly label?: string | undefined;
}

export function addCodexWindow(windows: WindowsSeen, limitId: string, at: CodexPosition, figures: CodexFigures): void {
  const { percent, written, label, resetValue } = figures;
  const told = numberOf(figures.minutes);
  // No minutes, no percent and no reset: a limit that the account does not have.
  if (percent === 0 && told === 0 && (numberOf(resetValue) ?? 0) === 0) return;
  const minutes = told !== null && Number.isInteger(told) && told > 0 && told <= minutesMax ? told : null;
  windows.add({
    key: codexKey(limitId, minutes, at),
    label,
    percent,
    mayExceed: written,
    exhausted: percent !== null && percent >= 100 ? true : undefined,
    durationS: minutes === null ? undefined : minutes * 60,
    resetValue,
  });
}

/** A year. */
const minutesMax = 525_600;

/** Both windows of `rate_limits` of a session, as 0.171 writes them: `{used_percent, window_minutes, resets_at}`. */
export function addCodexLimits(windows: WindowsSeen, rateLimits: unknown, measuredAt: number | null): void {
  const limits = objectOf(rateLimits);
  for (const position of ['primary', 'secondary'] satisfies CodexPosition[]) {
    const window = objectOf(limits[position]);
    const percent = numberOf(window.used_percent);
    if (percent === null) continue;
    addCodexWindow(windows, shortTextOf(limits.limit_id) ?? 'codex', position, {
      percent,
      minutes: window.window_minutes,
      resetValue: resetOf(window, measuredAt),
      label: shortTextOf(limits.limit_name) ?? undefined,
    });
  }
}

/** Older clients told how many seconds were left. */
function resetOf({ resets_at, resets_in_seconds }: JsonObject, measuredAt: number | null): unknown {
  const left = numberOf(resets_in_seconds);
  return resets_at === undefined && left !== null && measuredAt !== null ? measuredAt + left * 1_000 : resets_at;
}
