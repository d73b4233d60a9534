/**
 * What was used: `usage.recorded` and `usage.corrected`.
 *
 * A report may carry increments (`tokens`, `cost_micro_usd`, `unit`), or the absolute counters of a session
 * (`session` with `total_cost_usd` and/or `total_tokens`), from which the ledger computes the increment.
 * What is stored is always the increment; the counter it came from is kept beside it.
 */
import * as z from 'zod';
import { limits } from '../../limits.js';
import {
  eventId,
  identityName,
  instant,
  microUsd,
  plainTextPublished,
  rawText,
  reasonText,
  shortText,
  tokenCount,
  turnId,
} from '../scalars.js';
import { type TokenBucket, tokenBuckets } from '../tokens.js';
import { date } from './day.js';
import { importedUse } from './imported.js';
import { correctedMeter, isResponse, recordedMeter, type UsageMeter, usageMeter } from './meter.js';

const tokens = z.strictObject({
  cache_read: tokenCount.optional(),
  cache_write_1h: tokenCount.optional(),
  cache_write_5m: tokenCount.optional(),
  input: tokenCount.optional(),
  output: tokenCount.optional(),
  reasoning: tokenCount.optional(),
  total: tokenCount.optional(),
});

export const usageMode = z.enum(['autonomy', 'collaboration']);
export type UsageMode = z.infer<typeof usageMode>;

/** Where an agent runs. What is left out is not known. */
export const instance = z.strictObject({
  host: shortText.optional(),
  ip: shortText.optional(),
  pid: z.int().min(0).max(4_294_967_295).optional(),
});
export type InstanceFacts = z.infer<typeof instance>;

const tagName = shortText.min(1, 'is no name of a tag').max(64);
const publishedText = { type: 'string', pattern: plainTextPublished } as const;

/** Taken as it was parsed, under whatever names: a schema that copies an object loses a tag called `__proto__`. */
const tags = z
  .any()
  .superRefine((value: unknown, context) => {
    const refuse = (message: string, path: string[] = []) => context.addIssue({ code: 'custom', path, message });
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('is no object');
    const entries = Object.entries(value);
    if (entries.length > limits.tagsMax) return refuse(`has more than ${limits.tagsMax} tags`);
    for (const [name, text] of entries) {
      const faults = [tagName.safeParse(name), shortText.safeParse(text)].flatMap(({ error }) => error?.issues ?? []);
      for (const { message } of faults) refuse(message, [name]);
    }
  })
  .meta({
    type: 'object',
    propertyNames: { ...publishedText, minLength: 1, maxLength: 64 },
    additionalProperties: { ...publishedText, maxLength: limits.textCharactersMax },
  }) as unknown as z.ZodType<Record<string, string>>;

/** A meter that counts neither tokens nor money, e.g. credits. */
const unit = z.strictObject({ name: shortText, amount: z.int().min(0).max(limits.tokensMax) });

/** By what the mode of use that was read from elsewhere was found. */
const modeSources = ['explicit', 'rule', 'tmux', 'entrypoint', 'prompt', 'default'] as const;
export type ModeSource = (typeof modeSources)[number];

/** What a price depends on beside the model and the tokens; `web_searches` are paid one by one. */
const pricing = z.strictObject({
  geo: shortText.optional(),
  speed: z.enum(['normal', 'fast']).optional(),
  tier: shortText.optional(),
  web_searches: z.int().min(0).max(limits.tokensMax).optional(),
});

/** What a reporter may say of one use, whichever way it measures it. */
const described = {
  name: identityName,
  mode: usageMode,
  mode_source: z.enum(modeSources).optional(),
  tokens: tokens.optional(),
  unit: unit.optional(),
  cost_micro_usd: microUsd.optional(),
  legacy_tokens: tokenCount.optional(),
  model: shortText.optional(),
  pricing: pricing.optional(),
  session: shortText.min(1).optional(),
  instance: instance.optional(),
  project: shortText.optional(),
  tags: tags.optional(),
  context_percentage: z.number().min(0).max(1_000).optional(),
  current_interval: z.int().min(0).max(limits.intervalSecondsMax).optional(),
  /** The turn it was used under, also after that ended. */
  turn: turnId.optional(),
  /** What of the report was not understood, as it was sent. */
  raw: rawText.optional(),
  /** Where it was recorded before: such a use is history, of its own time. */
  imported: importedUse.optional(),
};

const reported = {
  ...described,
  total_cost_usd: z
    .number()
    .min(0, 'is negative')
    .max(limits.costMicroUsdMax / 1e6)
    .optional(),
  total_tokens: tokenCount.optional(),
};

/** Rules between the fields of a report, whoever it is about. */
function checkCounts(report: Omit<z.infer<z.ZodObject<typeof reported>>, 'name'>, context: z.RefinementCtx): void {
  const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
  const absolute = report.total_cost_usd !== undefined || report.total_tokens !== undefined;
  if (absolute && report.session === undefined) refuse('session', 'is needed with absolute counters');
  if (report.total_cost_usd !== undefined && report.cost_micro_usd !== undefined) {
    refuse('total_cost_usd', 'stands beside cost_micro_usd: send one');
  }
  if (report.total_tokens !== undefined && (report.tokens !== undefined || report.legacy_tokens !== undefined)) {
    refuse('total_tokens', 'stands beside other token counts: send one');
  }
}

/** The report as a client sends it. `total_cost_usd` is in US dollars and, like `total_tokens`, cumulative per session. */
export const usageReport = z
  .strictObject({ ...reported, meter: usageMeter.optional() })
  .superRefine(checkCounts)
  .superRefine((report, context) => {
    const fault = meterFault(report);
    if (fault !== null) context.addIssue({ code: 'custom', path: ['meter'], message: fault });
  });
export type UsageReport = z.infer<typeof usageReport>;

/** A running total is a counter of its session, and no other meter is. */
function meterFault(report: z.infer<z.ZodObject<typeof reported>> & { readonly meter?: UsageMeter | undefined }) {
  const { meter, tokens, total_cost_usd: totalCost, total_tokens: totalTokens, legacy_tokens: legacy } = report;
  if (meter === undefined) return null;
  if (totalTokens !== undefined || legacy !== undefined) return 'stands beside other token counts: send one';
  const series = isResponse(meter) ? undefined : meter.series;
  if (series !== undefined && (meter.rule !== 'sum' || tokens?.total !== undefined))
    return 'has a series, which is for sums by buckets';
  if (meter.rule !== 'running-total') return totalCost === undefined ? null : 'stands beside total_cost_usd: send one';
  return totalCost !== undefined && tokens === undefined ? null : 'needs total_cost_usd, and no tokens';
}

const { name: _, turn: __, imported: ___, ...reportedOfTurn } = reported;

/** The report that settles a turn: the turn says who ran, and is the one it was used under. */
export const turnUsage = z
  .strictObject({ ...reportedOfTurn, mode: usageMode.default('autonomy') })
  .superRefine(checkCounts);

/** Where the cost came from; `unpriced` use is counted in tokens and never taken as free. */
export const costSource = z.enum(['reported', 'computed', 'unpriced']);

/** The counters after this report; `owner` is the identity they belong to where a merge has moved the use elsewhere. */
const counter = z.strictObject({
  owner: identityName.optional(),
  cost_micro_usd: microUsd.optional(),
  tokens: tokenCount.optional(),
});

const priceTaken = {
  /** The model of the price book whose price was taken. */
  price_of: shortText.optional(),
  /** US dollars per million tokens by bucket, what multiplies them (`fast_times`), dollars per thousand searches of the web. */
  rates: z.record(z.string(), z.number()).optional(),
  /** Without a price of its own: what it has in common with the model whose price it counts at, or that its cost was told. */
  fair_basis: z.enum(['family', 'maker', 'any', 'told']).optional(),
};

export const usageRecorded = z.strictObject({
  ...described,
  /** The response it is of, or what else of its session it is. */
  meter: recordedMeter.optional(),
  cost_source: costSource,
  /** What it counts for among those who share, where that is not its cost. */
  fair_cost_micro_usd: microUsd.optional(),
  ...priceTaken,
  counter: counter.optional(),
  /** What the agent was told in answer, in seconds; absent where nobody asked. */
  issued_interval_s: z.int().min(0).max(limits.intervalSecondsMax).optional(),
  /** The full windows it was told to wait for. */
  blocked_by: z.array(shortText).optional(),
  /** Under version 2 of the method: the rate it may use by that, in micro-USD per hour, and whether the next answer starts afresh. */
  issued_rate_micro_usd_h: z.int().min(0).optional(),
  issued_afresh: z.literal(true).optional(),
  /** Where turns are enforced: the agent ran without asking. */
  without_turn: z.boolean().optional(),
  /** The name it was reported under, where the pool had no room for another name. */
  given_name: identityName.optional(),
});
export type UsageRecorded = z.infer<typeof usageRecorded>;

const signedTokens = z.int().min(-limits.tokensMax).max(limits.tokensMax);

/** What the corrected event should have said, minus what it said, per field; only the fields that differ. */
export const usageDifference = z.strictObject({
  tokens: z
    .strictObject({
      input: signedTokens.optional(),
      cache_read: signedTokens.optional(),
      cache_write_5m: signedTokens.optional(),
      cache_write_1h: signedTokens.optional(),
      output: signedTokens.optional(),
      reasoning: signedTokens.optional(),
      total: signedTokens.optional(),
    })
    .optional(),
  legacy_tokens: signedTokens.optional(),
  cost_micro_usd: z.int().min(-limits.costMicroUsdMax).max(limits.costMicroUsdMax).optional(),
});
export type UsageDifference = z.infer<typeof usageDifference>;

/** The running total of a session, where it counts nothing. US dollars since the session began. */
export const sessionMeasured = z.strictObject({
  session: shortText.min(1),
  cost_micro_usd: microUsd,
});

export const usageCorrection = z.strictObject({
  corrects: eventId,
  difference: usageDifference,
  reason: reasonText.min(1, 'is empty'),
});

/** Beside that, by how much it changes what the use counts for among those who share, where that is not the cost. */
const recordedDifference = usageDifference.extend({
  fair_cost_micro_usd: z.int().min(-limits.costMicroUsdMax).max(limits.costMicroUsdMax).optional(),
});
export type RecordedDifference = z.infer<typeof recordedDifference>;

/** The correction, stamped with whose use it corrects, of which mode and time, so that its day and row are known. */
export const usageCorrected = z.strictObject({
  ...usageCorrection.shape,
  difference: recordedDifference,
  name: identityName,
  mode: usageMode,
  occurred_at: instant,
  /** The day its use was counted on. Left out before 2026-12: that day in the zone the pool has when this is read. */
  date: date.optional(),
  /** By how much the tokens the use counts for change, all buckets considered. */
  total_tokens: signedTokens,
  /** By how much the tokens whose cost nobody knows change. */
  unpriced_tokens: signedTokens.optional(),
  ...priceTaken,
  /** Where the response was seen again, with better figures or by another id. */
  meter: correctedMeter.optional(),
});

export type UsageCorrected = z.infer<typeof usageCorrected>;

/** Tokens a use counts for: the sum of its buckets, or the bare total where no bucket was given. */
export function tokensTotal(
  counts: { readonly [bucket in TokenBucket | 'total']?: number | undefined } | undefined,
): number {
  if (counts === undefined) return 0;
  const { input, cache_read: cacheRead, cache_write_5m: write5m, cache_write_1h: write1h, output, reasoning } = counts;
  const bucketed = input ?? cacheRead ?? write5m ?? write1h ?? output ?? reasoning;
  if (bucketed === undefined) return counts.total ?? 0;
  return (input ?? 0) + (cacheRead ?? 0) + (write5m ?? 0) + (write1h ?? 0) + (output ?? 0) + (reasoning ?? 0);
}

/** Token counts after a correction; a bucket that nobody spoke of stays absent, and the first one takes the place of a bare total. */
export function correctedTokens(
  net: Readonly<Record<string, number>>,
  difference: UsageDifference,
): Record<string, number> {
  const tokens: Record<string, number> = { ...net };
  for (const [bucket, count] of Object.entries(difference.tokens ?? {})) tokens[bucket] = (tokens[bucket] ?? 0) + count;
  if (tokenBuckets.some((bucket) => tokens[bucket] !== undefined)) delete tokens.total;
  return tokens;
}

/** What a use, or its correction, counts for among those who share, in US dollars. */
export const fairCost = (use: {
  readonly cost_micro_usd?: number | undefined;
  readonly fair_cost_micro_usd?: number | undefined;
}): number => (use.fair_cost_micro_usd ?? use.cost_micro_usd ?? 0) / 1e6;
