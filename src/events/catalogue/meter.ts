/** Which response of a model a use is of, so that it counts once, whoever tells of it. See `../meter.ts`. */
import * as z from 'zod';
import { limits } from '../../limits.js';
import { type KnownMeter, meterIds, meterRanks, type Sight } from '../meter.js';
import { microUsd, shortText, tokenCount } from '../scalars.js';
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

const bucket = tokenCount.optional();

/** What counts for the response after a correction: all its ids, and its figures. */
export const correctedMeter = z.strictObject({
  ids: z.array(z.string().max(4 * limits.textCharactersMax)).min(1),
  ...known,
  tokens: z.strictObject({
    cache_read: bucket,
    cache_write_1h: bucket,
    cache_write_5m: bucket,
    input: bucket,
    output: bucket,
    reasoning: bucket,
  } satisfies Record<TokenBucket, typeof bucket>),
  cost_micro_usd: microUsd.optional(),
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

/** A response that was just recorded. */
export function recordedMeter(
  use: string,
  meter: ResponseMeter,
  tokens: ReportedTokens | undefined,
  costMicroUsd: number | undefined,
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
    costMicroUsd: costMicroUsd ?? null,
  };
}

/** A response after a correction of its use. */
export const meterAfter = (
  use: string,
  { ids, rank, sidechain, says_speed: saysSpeed, tokens, cost_micro_usd: cost }: CorrectedMeter,
): KnownMeter => ({
  use,
  ids,
  rank,
  sidechain: sidechain === true,
  saysSpeed: saysSpeed === true,
  tokens,
  costMicroUsd: cost ?? null,
});
