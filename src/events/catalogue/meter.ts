/** Which response of a model a use is of, or which sum of a session, so that it counts once, whoever tells of it. See `../meter.ts`. */
import * as z from 'zod';
import { limits } from '../../limits.js';
import {
  type KnownCostSource,
  type KnownMeter,
  knownCostSources,
  type MeterRule,
  meterIds,
  meterRanks,
  type Sight,
} from '../meter.js';
import { foldName, microUsd, shortText, tokenCount } from '../scalars.js';
import type { TokenBucket } from '../tokens.js';

const id = shortText.min(1, 'is empty');

const known = {
  rank: z.enum(meterRanks),
  /** Its record in a sub-agent's transcript; left out where it is the session's own. */
  sidechain: z.literal(true).optional(),
  /** Whether the source said how fast it was served. */
  says_speed: z.literal(true).optional(),
};

/** As a source sends it, beside all tokens of the response. At least one of `response` and `request` is known. */
export const responseMeter = z
  .strictObject({
    rule: z.literal('response').optional(),
    provider: z
      .string()
      .max(64)
      .regex(/^[a-z][a-z0-9_.-]*$/, 'may hold small letters, digits and _ . - only'),
    response: id.optional(),
    request: id.optional(),
    part: id.max(64).optional(),
    ...known,
  })
  .refine(
    ({ response, request }) => response !== undefined || request !== undefined,
    'names no response and no request',
  );
export type ResponseMeter = z.infer<typeof responseMeter>;

/**
 * What is known of a session from afar, and counts only while nobody tells its responses one by one. `sum`: what some of its
 * responses used together, or one that has no id; `running-total`: its cost from its beginning, in `total_cost_usd`.
 */
const sessionMeter = z.strictObject({
  rule: z.enum(['running-total', 'sum'] satisfies MeterRule[]),
  /**
   * The session began with nothing, so all of its first running total is its own. One that was forked or resumed begins with the
   * total of another one.
   */
  fresh: z.literal(true).optional(),
  /** A sum that goes on: its tokens and its cost are told since the series began, and what they grew by is recorded. */
  series: id.optional(),
});
export type SessionMeter = z.infer<typeof sessionMeter>;

export const usageMeter = z.discriminatedUnion('rule', [responseMeter, sessionMeter]);
export type UsageMeter = z.infer<typeof usageMeter>;

const bucket = tokenCount.optional();
const buckets = z.strictObject({
  cache_read: bucket,
  cache_write_1h: bucket,
  cache_write_5m: bucket,
  input: bucket,
  output: bucket,
  reasoning: bucket,
} satisfies Record<TokenBucket, typeof bucket>);

/** What a series has told, all in all. */
const counted = z.strictObject({ tokens: buckets, cost_micro_usd: microUsd.optional() });
export type Counted = z.infer<typeof counted>;

/** As it is stored. */
export const recordedMeter = z.discriminatedUnion('rule', [
  responseMeter,
  sessionMeter.extend({ counted: counted.optional() }),
]);

interface OfSession {
  readonly session?: string | undefined;
  readonly name: string;
  /** The name it was told under, where the pool has no room for that: use of others is recorded under the same name. */
  readonly given_name?: string | undefined;
}

/** The session that recorded use is of. Whoever tells of no session, tells of the agent. */
export const meteredSessionOf = ({ session, name, given_name: given }: OfSession): string =>
  session ?? `agent:${foldName(given ?? name)}`;

export const ruleOf = (meter: UsageMeter): MeterRule => meter.rule ?? 'response';

export const isResponse = (meter: UsageMeter): meter is ResponseMeter =>
  meter.rule === undefined || meter.rule === 'response';

/** What counts for the response after a correction: all its ids, and its figures. */
export const correctedMeter = z.strictObject({
  ids: z.array(z.string().max(4 * limits.textCharactersMax)).min(1),
  ...known,
  tokens: buckets,
  cost_micro_usd: microUsd.optional(),
  /** Left out before 2026-12: it was told. */
  cost_source: z.enum(knownCostSources).optional(),
  fair_cost_micro_usd: microUsd.optional(),
  /** The session that it turned out to be of, whose responses are told one by one from then on. */
  session: id.optional(),
});
export type CorrectedMeter = z.infer<typeof correctedMeter>;

type ReportedTokens = { readonly [name in TokenBucket | 'total']?: number | undefined };

/** What a report says of a response. */
export function sightOf(meter: ResponseMeter, { total: _, ...tokens }: ReportedTokens = {}): Sight {
  return {
    provider: meter.provider,
    response: meter.response ?? null,
    request: meter.request ?? null,
    part: meter.part ?? null,
    sidechain: meter.sidechain === true,
    rank: meter.rank,
    saysSpeed: meter.says_speed === true,
    tokens,
  };
}

interface Recorded {
  readonly meter?: z.infer<typeof recordedMeter> | undefined;
  readonly tokens?: ReportedTokens | undefined;
  readonly cost_micro_usd?: number | undefined;
  readonly cost_source: KnownCostSource | 'unpriced';
  readonly fair_cost_micro_usd?: number | undefined;
}

/** A response or a series that was just recorded; null where the use is of neither. */
export function meterOf(use: string, recorded: Recorded): KnownMeter | null {
  const { meter } = recorded;
  if (meter === undefined) return null;
  if (isResponse(meter)) return responseOf(use, meter, recorded);
  const { series, counted } = meter;
  return series === undefined || counted === undefined ? null : seriesOf(use, series, counted);
}

/** Under which a series is known. */
export const seriesId = (series: string): string => `series:${series}`;

const seriesOf = (use: string, series: string, { tokens, cost_micro_usd: cost }: Counted): KnownMeter => ({
  use,
  ids: [seriesId(series)],
  rank: 'estimated',
  sidechain: false,
  saysSpeed: false,
  tokens,
  costMicroUsd: cost ?? null,
  costSource: null,
  fairCostMicroUsd: null,
});

function responseOf(
  use: string,
  meter: ResponseMeter,
  { tokens, cost_micro_usd: cost, cost_source: source, fair_cost_micro_usd: fairCost }: Recorded,
): KnownMeter {
  const sight = sightOf(meter, tokens);
  const { rank, sidechain, saysSpeed } = sight;
  return {
    use,
    ids: meterIds(sight),
    rank,
    sidechain,
    saysSpeed,
    tokens: sight.tokens,
    costMicroUsd: cost ?? null,
    costSource: source === 'unpriced' ? null : source,
    fairCostMicroUsd: fairCost ?? null,
  };
}

/** A response after a correction of its use. */
export const meterAfter = (
  use: string,
  {
    ids,
    rank,
    sidechain,
    says_speed: saysSpeed,
    tokens,
    cost_micro_usd: cost,
    cost_source: source,
    fair_cost_micro_usd: fairCost,
  }: CorrectedMeter,
): KnownMeter => ({
  use,
  ids,
  rank,
  sidechain: sidechain === true,
  saysSpeed: saysSpeed === true,
  tokens,
  costMicroUsd: cost ?? null,
  costSource: cost === undefined ? null : (source ?? 'reported'),
  fairCostMicroUsd: fairCost ?? null,
});
