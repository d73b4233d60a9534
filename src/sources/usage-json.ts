/**
 * What providers answer to clients that ask how much is used, as collectors of users push it: `five_hour`, `seven_day`, … and
 * `limits` of Anthropic, `rateLimits` of the app server of Codex 0.171, and `rate_limit_event` of the stream of Claude Code. A body with the credentials it was asked with is refused.
 */
import { addCodexWindow, type CodexPosition } from './codex-limits.js';
import { jsonObjects, readDocument } from './document.js';
import { figureOf, type JsonObject, objectOrNull, shortTextOf } from './json.js';
import { addLimitInfo } from './limit-info.js';
import type { Skipped } from './skipped.js';
import type { Observation, ReadContext, Source } from './source.js';
import { weekKey, windowKey } from './window-key.js';
import { WindowsSeen } from './windows-seen.js';

const format = 'usage-json';
const limitInfo = 'rate_limit_info';

export const usageJson: Source = {
  format,
  version: 1,
  unit: 'document',
  accepts: (path) => path.endsWith('.json'),
  read: (input, context) =>
    readDocument(input, (text, skipped) =>
      jsonObjects(text, skipped).flatMap((body) => readingOf(body, context, skipped)),
    ),
};

function readingOf(body: JsonObject, context: ReadContext, skipped: Skipped): Observation[] {
  const windows = new WindowsSeen(context, skipped);
  for (const [name, value] of Object.entries(body)) {
    if (isWindowName(name)) addFlat(windows, name, objectOrNull(value));
    else if (name !== limitInfo && objectOrNull(value)?.utilization !== undefined) skipped.add('window-unknown');
  }
  if (Array.isArray(body.limits)) for (const limit of body.limits) addLimit(windows, objectOrNull(limit));
  addCodex(windows, body);
  const info = objectOrNull(body[limitInfo]);
  if (info !== null) addLimitInfo(windows, info);
  return windows.readings(format, { otherwise: 'no-windows' });
}

/** Beside windows there are keys that are code names, of what is not public. */
const isWindowName = (name: string): boolean => /^(five_hour|seven_day(_\w{1,40})?|extra_usage)$/.test(name);

/** Of extra usage the percentage is one of money; who has not enabled it has none. */
function addFlat(windows: WindowsSeen, name: string, window: JsonObject | null): void {
  if (window === null || window.is_enabled === false) return;
  windows.add({ key: windowKey(name), percent: figureOf(window.utilization), resetValue: window.resets_at });
}

/** One of `limits`, which say the same as the windows beside them, and more. Labels change, kinds do not. */
function addLimit(windows: WindowsSeen, limit: JsonObject | null): void {
  const kind = limit === null ? null : shortTextOf(limit.kind);
  if (limit === null || kind === null) return windows.add({ key: null, percent: null });
  const scope = kind === 'weekly_scoped' ? scopeOf(limit.scope) : undefined;
  windows.add({
    key: scope === undefined ? windowKey(kind) : weekKey(scope),
    scope,
    active: typeof limit.is_active === 'boolean' ? limit.is_active : undefined,
    percent: figureOf(limit.percent),
    resetValue: limit.resets_at,
  });
}

function scopeOf(value: unknown): string {
  const scope = objectOrNull(value);
  const model = objectOrNull(scope?.model);
  return shortTextOf(model?.display_name) ?? shortTextOf(model?.id) ?? shortTextOf(scope?.surface) ?? '';
}

/** The limit that the app server names first is among those by id. */
function addCodex(windows: WindowsSeen, body: JsonObject): void {
  const first = objectOrNull(body.rateLimits);
  if (first !== null) addCodexLimit(windows, shortTextOf(first.limitId) ?? 'codex', first);
  for (const [id, limit] of Object.entries(objectOrNull(body.rateLimitsByLimitId) ?? {})) {
    addCodexLimit(windows, id, objectOrNull(limit));
  }
}

function addCodexLimit(windows: WindowsSeen, id: string, limit: JsonObject | null): void {
  for (const position of ['primary', 'secondary'] satisfies CodexPosition[]) {
    const window = objectOrNull(limit?.[position]);
    if (window === null) continue;
    addCodexWindow(windows, id, position, {
      percent: figureOf(window.usedPercent),
      minutes: window.windowDurationMins,
      resetValue: window.resetsAt,
      label: shortTextOf(limit?.limitName) ?? undefined,
    });
  }
}
