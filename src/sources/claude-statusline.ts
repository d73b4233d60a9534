/**
 * What the client gives to its statusline command, as Claude Code 2.1 writes it: one document each time the line is drawn. The cost
 * is the running total of the session, and begins again at /clear.
 */
import { folderCharactersMax, jsonObjects, readDocument } from './document.js';
import { figureOf, type JsonObject, numberOf, objectOrNull, shortTextOf } from './json.js';
import type { Skipped } from './skipped.js';
import type { ClientFacts, Observation, QuotaSeen, ReadContext, Source, TotalSeen } from './source.js';
import { windowKey } from './window-key.js';
import { WindowsSeen } from './windows-seen.js';

const format = 'claude-statusline';

export const claudeStatusline: Source = {
  format,
  version: 1,
  unit: 'document',
  accepts: (path) => /\.jsonl?$/.test(path),
  read: (input, context) =>
    readDocument(input, (text, skipped) =>
      jsonObjects(text, skipped).flatMap((draw) => observationsOf(draw, context, skipped)),
    ),
  combine: lastTotals,
};

function observationsOf(draw: JsonObject, context: ReadContext, skipped: Skipped): Observation[] {
  const place: ClientFacts = {
    agent: shortTextOf(objectOrNull(draw.agent)?.name) ?? undefined,
    cwd: shortTextOf(draw.cwd, folderCharactersMax) ?? undefined,
    clientVersion: shortTextOf(draw.version) ?? undefined,
  };
  return [...totalsOf(draw, place, skipped), ...quotasOf(draw, place, context, skipped)];
}

function totalsOf(draw: JsonObject, place: ClientFacts, skipped: Skipped): TotalSeen[] {
  const session = shortTextOf(draw.session_id);
  const cost = objectOrNull(draw.cost)?.total_cost_usd;
  if (cost === undefined) return [];
  const costUsd = numberOf(cost);
  if (session === null) skipped.add('no-session');
  else if (costUsd === null || costUsd < 0) skipped.add('cost-unreadable');
  else return [{ kind: 'total', session, occurredAt: null, costUsd, place }];
  return [];
}

/** Some subscriptions have no windows here, and API keys never have. */
function quotasOf(draw: JsonObject, place: ClientFacts, context: ReadContext, skipped: Skipped): QuotaSeen[] {
  const limits = objectOrNull(draw.rate_limits);
  if (limits === null) {
    skipped.add('no-rate-limits');
    return [];
  }
  const windows = new WindowsSeen(context, skipped);
  for (const [name, value] of Object.entries(limits)) {
    const window = objectOrNull(value);
    if (window === null) continue;
    windows.add({
      key: windowKey(name),
      percent: figureOf(window.used_percentage),
      resetValue: window.resets_at,
    });
  }
  return windows.readings(format, { place });
}

/** Of the totals of a session the last one says it all. */
function lastTotals(observations: readonly Observation[]): readonly Observation[] {
  const last = new Map<string, Observation>();
  for (const one of observations) if (one.kind === 'total') last.set(one.session, one);
  return observations.filter((one) => one.kind !== 'total' || last.get(one.session) === one);
}
