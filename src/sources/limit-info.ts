/** What the client says of a limit in fields: `rate_limit_info` of Claude Code 2.1's stream of JSON, whose shares are fractions. */
import { figureOf, type JsonObject, objectOrNull, shortTextOf } from './json.js';
import { unknownWindow, windowKey } from './window-key.js';
import type { WindowsSeen } from './windows-seen.js';

/** Adds the windows it tells of, and the one that it is about: used up where the answer was refused. */
export function addLimitInfo(windows: WindowsSeen, info: JsonObject): void {
  for (const [name, value] of Object.entries(objectOrNull(info.unifiedWindows) ?? {})) {
    const window = objectOrNull(value);
    if (window !== null) add(windows, windowKey(name), window, false);
  }
  const refused = info.status === 'rejected';
  const type = shortTextOf(info.rateLimitType);
  // That all is well says nothing of how much is used.
  if (refused || (type !== null && info.utilization !== undefined)) {
    add(windows, type === null ? unknownWindow : windowKey(type), info, refused);
  }
}

function add(windows: WindowsSeen, key: string | null, { utilization, resetsAt }: JsonObject, refused: boolean): void {
  const share = figureOf(utilization);
  windows.add({
    key,
    percent: refused ? 100 : share === null ? null : share * 100,
    mayExceed: String(utilization),
    exhausted: refused,
    resetValue: resetsAt,
  });
}
