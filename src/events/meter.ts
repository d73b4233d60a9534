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
  /** What else was used on the way to the response, which its own figures leave out: `compaction`, `advisor:1`. */
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

/** Whether the figures of a later sight take the place of those that are kept, all of them. */
export function isBetter(later: Sight, kept: Sight): boolean {
  const byRank = meterRanks.indexOf(later.rank) - meterRanks.indexOf(kept.rank);
  if (byRank !== 0) return byRank > 0;
  if (later.sidechain !== kept.sidechain) return kept.sidechain;
  const more = totalOf(later.tokens) - totalOf(kept.tokens);
  if (more !== 0) return more > 0;
  return later.saysSpeed && !kept.saysSpeed;
}

export const totalOf = (tokens: TokenCounts): number =>
  tokenBuckets.reduce((sum, bucket) => sum + (tokens[bucket] ?? 0), 0);
