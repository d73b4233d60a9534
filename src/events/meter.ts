/**
 * One response of a model may be seen from several sides: in a transcript, by telemetry, through a gateway. What belongs
 * together, and whose figures count. docs/concepts/how-use-is-counted.md.
 */
import { type TokenBucket, tokenBuckets } from './tokens.js';

/** Disjoint counts; a bucket that is left out holds nothing, as far as the source knows. */
export type TokenCounts = { readonly [bucket in TokenBucket]?: number };

/**
 * How well a source knows what a response used, from the worst to the best: placeholders of an unfinished response, telemetry
 * (which knows no reasoning), the final figures of the provider.
 */
export const meterRanks = ['estimated', 'telemetry', 'final'] as const;
export type MeterRank = (typeof meterRanks)[number];

/** Which response it is. */
export interface ResponseIds {
  /** Who answered: `anthropic`, `openai`, `gemini`, … Ids of one provider say nothing of another's. */
  readonly provider: string;
  /** The provider's ids of the response and of the request; null where the source does not know them. */
  readonly response: string | null;
  readonly request: string | null;
  /** What else was used on the way to the response, which its own figures leave out: `compaction:0`, `advisor:1`. */
  readonly part: string | null;
  /** Whether a sub-agent's record of it was seen: the same response is then told again under other requests. */
  readonly sidechain: boolean;
}

/** A response and what it used, as one source saw it. */
export interface Sight extends ResponseIds {
  readonly rank: MeterRank;
  readonly tokens: TokenCounts;
  /** Whether it says how fast the response was served, which older records leave out. */
  readonly saysSpeed: boolean;
}

/** Whether two sights are of one response. One of them knows perhaps only the request. */
export function isSameResponse(one: ResponseIds, other: ResponseIds): boolean {
  if (one.provider !== other.provider || one.part !== other.part) return false;
  if (one.response === null || other.response === null) return one.request !== null && one.request === other.request;
  if (one.response !== other.response) return false;
  return (
    one.request === other.request || one.request === null || other.request === null || one.sidechain || other.sidechain
  );
}

/** What is known of a response and of how well it is known. */
export type Measured = Pick<Sight, 'rank' | 'sidechain' | 'tokens' | 'saysSpeed'>;

/** Whether the figures of a later sight take the place of those that are kept, all of them. */
export function isBetter(later: Measured, kept: Measured): boolean {
  const byRank = meterRanks.indexOf(later.rank) - meterRanks.indexOf(kept.rank);
  if (byRank !== 0) return byRank > 0;
  if (kept.sidechain && !later.sidechain) return true;
  const more = totalOf(later.tokens) - totalOf(kept.tokens);
  if (more !== 0) return more > 0;
  return later.saysSpeed && !kept.saysSpeed;
}

export const totalOf = (tokens: TokenCounts): number =>
  tokenBuckets.reduce((sum, bucket) => sum + (tokens[bucket] ?? 0), 0);

/** A response that was recorded, with the figures that count for it. */
export interface KnownMeter extends Measured {
  /** Id of the event that recorded its use. */
  readonly use: string;
  /** All its ids, as `meterIds` writes them. */
  readonly ids: readonly string[];
  readonly costMicroUsd: number | null;
}

/** The ids of a response, as text: of the response, and of the request it answered. */
export function meterIds({ provider, response, request, part }: ResponseIds): string[] {
  const suffix = part === null ? '' : `#${part}`;
  const ids: string[] = [];
  if (response !== null) ids.push(`${provider}:${response}${suffix}`);
  if (request !== null) ids.push(`${requestPrefix(provider)}${request}${suffix}`);
  return ids;
}

const requestPrefix = (provider: string): string => `${provider}:request:`;

/** Whether a sight is of a response that is known by one of its ids. As `isSameResponse`, where several requests may be known. */
export function isSeenAgain(known: Pick<KnownMeter, 'ids' | 'sidechain'>, sight: ResponseIds): boolean {
  const { response, request } = sight;
  const has = (ids: Pick<ResponseIds, 'response' | 'request'>) =>
    meterIds({ ...sight, ...ids }).some((id) => known.ids.includes(id));
  const isRequest = (id: string) => id.startsWith(requestPrefix(sight.provider));
  const sameRequest = request !== null && has({ response: null, request });
  if (response === null || known.ids.every(isRequest)) return sameRequest;
  if (!has({ response, request: null })) return false;
  return sameRequest || request === null || !known.ids.some(isRequest) || known.sidechain || sight.sidechain;
}
