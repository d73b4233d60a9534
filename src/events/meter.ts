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

/**
 * How closely use is told of, from afar to near: by the cost of a whole session since its beginning, by what some of its responses used
 * together, response by response. Of one session only what is told most closely counts.
 */
export const meterRules = ['running-total', 'sum', 'response'] as const;
export type MeterRule = (typeof meterRules)[number];

/** Who tells a cost: of one response where no rule is named. */
export interface CostTeller {
  readonly rule?: MeterRule | undefined;
  readonly rank?: MeterRank | undefined;
}

/**
 * Whether a cost may be at the price of another model: telemetry goes by that where it does not know the model, and does not say so.
 * Sums come from telemetry.
 */
export const isGuess = ({ rule = 'response', rank }: CostTeller): boolean =>
  rule === 'sum' || (rule === 'response' && rank === 'telemetry');

/** Whether it is taken as it was told: a guess is, of a model that is in the price book. */
export const isBelieved = (
  teller: CostTeller,
  model: string | null,
  book: { readonly knows: (model: string) => boolean },
): boolean => !isGuess(teller) || (model !== null && book.knows(model));

/** As a number, the closer the larger: 1 to 3. */
export const detailOf = (rule: MeterRule): number => meterRules.indexOf(rule) + 1;

export const isCloser = (one: MeterRule, other: MeterRule | null): boolean =>
  other === null || detailOf(one) > detailOf(other);

/** How a session was told of so far. */
export interface MeteredSession {
  /** The closest of them; null where nothing was recorded of it. */
  readonly rule: MeterRule | null;
  /** The uses that count for it until somebody tells its responses: they are taken back then. */
  readonly stopgaps: readonly Stopgap[];
}

export interface Stopgap {
  /** Id of the event that recorded it. */
  readonly use: string;
  /** What it counts for among those who share, where it has no price. */
  readonly fairCostMicroUsd: number | null;
}

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

export const knownCostSources = ['computed', 'reported'] as const;
export type KnownCostSource = (typeof knownCostSources)[number];

/** A response that was recorded, with the figures that count for it. */
export interface KnownMeter extends Measured {
  /** Id of the event that recorded its use. */
  readonly use: string;
  /** All its ids, as `meterIds` writes them. */
  readonly ids: readonly string[];
  /** Null: nobody knows it. */
  readonly costMicroUsd: number | null;
  /** Whether its source told it, or the price book; null without a cost. */
  readonly costSource: KnownCostSource | null;
  /** What it counts for among those who share, where that is not its cost. */
  readonly fairCostMicroUsd: number | null;
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
