/**
 * What of an observation is sent to the ledger: a report, which is a command as it goes over the wire. A response needs no key, as
 * its ids say what it is (docs/concepts/how-use-is-counted.md). All else has one, made of what it says: a sum of several responses,
 * as nothing else tells two of them apart; a running total, as an older one that came again would look as if it had been reset; a
 * reading, as it would be there twice.
 */
import { createHash } from 'node:crypto';
import type { ModeSource, UsageMode } from '../events/catalogue/usage.js';
import { tokenBuckets } from '../events/tokens.js';
import { limits } from '../limits.js';
import type {
  ClientFacts,
  Observation,
  PricingFacts,
  QuotaSeen,
  TotalSeen,
  UseSeen,
  WindowSeen,
} from '../sources/source.js';

export interface Report {
  readonly type: 'usage.recorded' | 'quota.read';
  /** Milliseconds UTC; left out where the source does not say it. */
  readonly occurred_at?: number;
  readonly key?: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Whose use it is, for which project and in which mode: an `Attribution` of `who.ts`. */
export interface Whose {
  readonly identity: string;
  readonly mode: UsageMode;
  readonly modeSource: ModeSource;
  readonly project: string | undefined;
}

/** Null where nothing of it is recorded: what happened is no use, and readings without a percentage say nothing. */
export function reportOf(
  observation: Observation,
  whoseOf: (place: ClientFacts, session: string | null) => Whose,
): Report | null {
  switch (observation.kind) {
    case 'use':
      return useReport(observation, whoseOf(observation.place, observation.session));
    case 'total':
      return totalReport(observation, whoseOf(observation.place, observation.session));
    case 'quota': {
      const report = readingReport(observation);
      return report === null || observation.measuredAt === null
        ? report
        : { key: `reading:${digestOf(JSON.stringify(report))}`, ...report };
    }
    case 'event':
      return null;
  }
}

function useReport(use: UseSeen, whose: Whose): Report {
  const isSum = use.isStopgap === true;
  const payload = described(whose, use.place);
  payload.tokens = countsOf(use);
  if (use.costUsd !== null) payload.cost_micro_usd = Math.round(use.costUsd * 1e6);
  if (use.model !== null) payload.model = use.model;
  if (use.session !== null) payload.session = use.session;
  const pricing = pricingBody(use.pricing);
  if (pricing !== null) payload.pricing = pricing;
  const report = { type: 'usage.recorded', occurred_at: use.occurredAt, payload } as const;
  if (!isSum) {
    payload.meter = responseBody(use);
    return report;
  }
  const ownKey = shortKey(use.ownKey ?? JSON.stringify(use));
  const isSeries = use.isCumulative === true;
  payload.meter = isSeries ? { rule: 'sum', series: ownKey } : { rule: 'sum' };
  return isSeries ? report : { ...report, key: `sum:${use.provider}:${ownKey}` };
}

/** Put together member by member: of a thousand reports, objects made of spread ones take three times as long. */
type Payload = Record<string, unknown>;

function countsOf({ tokens }: UseSeen): Payload {
  const counts: Payload = {};
  for (const bucket of tokenBuckets) if ((tokens[bucket] ?? 0) > 0) counts[bucket] = tokens[bucket];
  return counts;
}

function responseBody({ provider, response, request, ownKey, part, rank, sidechain, saysSpeed }: UseSeen): Payload {
  const body: Payload = { provider, rank };
  if (ownKey !== null) body.response = `own:${shortKey(ownKey)}`;
  else {
    if (response !== null) body.response = response;
    if (request !== null) body.request = request;
  }
  if (part !== null) body.part = part;
  if (sidechain) body.sidechain = sidechain;
  if (saysSpeed) body.says_speed = true;
  return body;
}

/** As it is, where it fits into an id. */
const shortKey = (key: string): string => (key.length <= 128 ? key : digestOf(key));

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 40);

/** Null where it says nothing. */
function pricingBody({ speed, geo, tier, webSearches = 0 }: PricingFacts): Payload | null {
  const facts: Payload = {};
  if (speed !== undefined) facts.speed = speed;
  if (geo !== undefined) facts.geo = geo;
  if (tier !== undefined) facts.tier = tier;
  if (webSearches > 0) facts.web_searches = webSearches;
  return Object.keys(facts).length === 0 ? null : facts;
}

function totalReport({ session, occurredAt, costUsd, place }: TotalSeen, whose: Whose): Report | null {
  if (costUsd === null) return null;
  return {
    type: 'usage.recorded',
    ...(occurredAt === null
      ? {}
      : { occurred_at: occurredAt, key: `total:${digestOf(JSON.stringify([session, occurredAt, costUsd]))}` }),
    payload: { ...described(whose, place), session, total_cost_usd: costUsd, meter: { rule: 'running-total' } },
  };
}

function described({ identity, mode, modeSource, project }: Whose, { host }: ClientFacts): Payload {
  const said: Payload = { name: identity, mode, mode_source: modeSource };
  if (project !== undefined) said.project = project;
  if (host !== undefined) said.instance = { host };
  return said;
}

/** Null where no window of it can be recorded: what is rejected is not, nor what says no percentage. */
export function readingReport({ windows, source, measuredAt }: QuotaSeen): Report | null {
  const known = new Map<string, object>();
  for (const window of windows) {
    if (window.percentBp !== null && window.rejected !== true)
      known.set(window.key, windowBody(window, window.percentBp));
  }
  if (known.size === 0) return null;
  return {
    type: 'quota.read',
    ...(measuredAt === null ? {} : { occurred_at: measuredAt }),
    payload: {
      source,
      ...(windows.some(({ suspect }) => suspect === true) ? { confidence: 'suspect' } : {}),
      windows: [...known.values()].slice(0, limits.windowsMax),
    },
  };
}

const windowBody = ({ key, label, resetsAt, durationS: duration, scope, active }: WindowSeen, percentBp: number) => ({
  key,
  percent_bp: percentBp,
  ...(label === undefined ? {} : { label }),
  ...(resetsAt === null ? {} : { resets_at: resetsAt }),
  ...(duration === undefined ? {} : { duration_s: duration }),
  ...(scope === undefined || scope === null ? {} : { scope }),
  ...(active === undefined ? {} : { active }),
});
