/** What a response used, by its record in a transcript of Claude Code; and what its own figures leave out. */
import { createHash } from 'node:crypto';
import type { MeterRank, TokenCounts } from '../events/meter.js';
import { tokenBuckets } from '../events/tokens.js';
import { type ClaudeRecord, nameOf, occurredAtOf, originOf, type Skip, syntheticModel } from './claude-record.js';
import { tokensOfUsage } from './claude-tokens.js';
import { isCredential } from './credentials.js';
import { isObject, type JsonObject, listOf, objectOf } from './json.js';
import type { ClientFacts, PricingFacts, UseSeen } from './source.js';

/**
 * None where the record is not to be counted; `skip` is told why. `last` is the response before it: each block of a response is a
 * line, and those that say the same again are none.
 */
export function usesOfRecord(record: ClaudeRecord, last: UseSeen | null, skip: Skip): readonly UseSeen[] {
  const { fields, line, message, sidechain } = record;
  const { usage } = message;
  if (!isObject(usage)) return refuse(skip, 'no-usage');
  if (message.model === syntheticModel) return refuse(skip, 'synthetic');
  const response = nameOf(message.id);
  const model = nameOf(message.model);
  const request = nameOf(fields.requestId);
  const session = nameOf(line.sessionId);
  if (response === undefined || model === undefined || request === undefined || session === undefined)
    return refuse(skip, reasonOf(message.id, message.model, fields.requestId, line.sessionId));
  const { version } = line;
  if (version !== undefined && !isVersion(version)) return refuse(skip, 'not-a-version');
  const tokens = tokensOfUsage(usage);
  if (typeof tokens === 'string') return refuse(skip, tokens);
  const rank = rankOf(message, version);
  const saysSpeed = typeof usage.speed === 'string';
  const origin = nameOf(line.requestSessionId) ?? null;
  const known = {
    response,
    request,
    sidechain,
    rank,
    saysSpeed,
    session: sameText(origin ?? session, last?.session),
    sessionIsCertain: origin !== null,
    model: sameText(model, last?.model),
    tokens,
  };
  const iterations = listOf(usage.iterations);
  const costUsd = costOf(fields.costUSD);
  if (last !== null && iterations.length === 0 && costUsd === null && isRepeated(last, known)) return [];
  const occurredAt = occurredAtOf(record);
  if (occurredAt === null) return refuse(skip, 'no-timestamp');
  const pricing = pricingOf(usage);
  const place = originOf(record, skip);
  const use: UseSeen = {
    kind: 'use',
    provider: 'anthropic',
    response,
    request,
    part: null,
    sidechain,
    ownKey: response === null ? ownKeyOf(record, tokens) : null,
    rank,
    tokens,
    saysSpeed,
    occurredAt,
    session: known.session,
    sessionIsCertain: known.sessionIsCertain,
    model: known.model,
    costUsd,
    pricing: last !== null && hasSamePricing(pricing, last.pricing) ? last.pricing : pricing,
    place: last !== null && isSamePlace(place, last.place) ? last.place : place,
  };
  return iterations.length > 0 ? withIterations(use, iterations, skip) : [use];
}

type Known = Omit<UseSeen, 'kind' | 'provider' | 'part' | 'ownKey' | 'occurredAt' | 'costUsd' | 'pricing' | 'place'>;

function isRepeated(last: UseSeen, known: Known): boolean {
  return (
    known.response !== null &&
    known.response === last.response &&
    known.request === last.request &&
    known.sidechain === last.sidechain &&
    known.rank === last.rank &&
    known.saysSpeed === last.saysSpeed &&
    known.session === last.session &&
    known.sessionIsCertain === last.sessionIsCertain &&
    known.model === last.model &&
    tokenBuckets.every((bucket) => known.tokens[bucket] === last.tokens[bucket])
  );
}

/** Why names that are there are none. */
const reasonOf = (...names: readonly unknown[]): string =>
  names.some((name) => typeof name === 'string' && isCredential(name)) ? 'credential' : 'empty-field';

/** What all lines of a session say alike is kept once: of many responses it would be half of the memory. */
const sameText = (text: string | null, kept: string | null | undefined): string | null => (text === kept ? kept : text);

const hasSamePricing = (one: PricingFacts, other: PricingFacts): boolean =>
  one.speed === other.speed &&
  one.geo === other.geo &&
  one.tier === other.tier &&
  one.webSearches === other.webSearches;

const isSamePlace = (one: ClientFacts, other: ClientFacts): boolean =>
  one.cwd === other.cwd && one.entrypoint === other.entrypoint && one.clientVersion === other.clientVersion;

function refuse(skip: Skip, reason: string): readonly UseSeen[] {
  skip(reason);
  return [];
}

const versionNumbers = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})/;

const isVersion = (version: unknown): version is string => typeof version === 'string' && versionNumbers.test(version);

/** Before 2.1.98 the lines of a response that was still being received hold placeholders, and no reason why it stopped. */
function rankOf(message: JsonObject, version: string | undefined): MeterRank {
  if (typeof message.stop_reason === 'string') return 'final';
  const [, major = 0, minor = 0, patch = 0] = (versionNumbers.exec(version ?? '') ?? []).map(Number);
  return major > 2 || (major === 2 && (minor > 1 || (minor === 1 && patch >= 98))) ? 'final' : 'estimated';
}

/** Of a response without an id: each line counts, and is one with its copies. */
function ownKeyOf({ fields }: ClaudeRecord, tokens: TokenCounts): string {
  const uuid = nameOf(fields.uuid);
  if (typeof uuid === 'string') return `line:${uuid}`;
  const shown = JSON.stringify([fields.timestamp, fields.requestId, tokens]);
  return `line:${createHash('sha256').update(shown).digest('hex').slice(0, 32)}`;
}

/**
 * The calls of one response. What it compacted the context with, and what an advisor used, come on top of its figures; the other
 * calls are inside. Where another model took over, that one served it.
 */
function withIterations(use: UseSeen, iterations: readonly unknown[], skip: Skip): UseSeen[] {
  const calls = iterations.filter(isObject);
  const fallback = calls.findLast(({ type }) => type === 'fallback_message');
  const model = nameOf(fallback?.model) ?? use.model;
  const uses: UseSeen[] = [{ ...use, model }];
  const add = (call: JsonObject, part: string, model: string | null) => {
    const tokens = tokensOfUsage(withoutNulls(call));
    if (typeof tokens === 'string') skip(tokens);
    else uses.push({ ...use, part, tokens, model, costUsd: null });
  };
  const ofType = (type: string) => calls.filter((call) => call.type === type);
  for (const [i, call] of ofType('compaction').entries()) add(call, `compaction:${i}`, model);
  for (const [i, call] of ofType('advisor_message').entries()) add(call, `advisor:${i}`, nameOf(call.model) ?? null);
  return uses;
}

/** In the figures of a call, null stands for nothing. */
const withoutNulls = (call: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(call).filter(([, value]) => value !== null));

const costOf = (cost: unknown): number | null =>
  typeof cost === 'number' && Number.isFinite(cost) && cost >= 0 ? cost : null;

function pricingOf({
  speed,
  inference_geo: geo,
  service_tier: tier,
  server_tool_use: tools,
}: JsonObject): PricingFacts {
  const searches = objectOf(tools).web_search_requests;
  return {
    speed: speed === 'fast' ? 'fast' : typeof speed === 'string' ? 'normal' : undefined,
    geo: nameOf(geo) ?? undefined,
    tier: nameOf(tier) ?? undefined,
    webSearches: Number.isSafeInteger(searches) && (searches as number) > 0 ? (searches as number) : undefined,
  };
}
