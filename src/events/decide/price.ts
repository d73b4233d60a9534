/**
 * Tokens that come without a cost are priced by the book; so are those whose cost is the guess of one who does not know it. What has
 * no price is never free among those who share: it counts at the dearest price that is known of what is like it.
 */
import { limits } from '../../limits.js';
import { tokensTotal, type UsageRecorded, type UsageReport } from '../catalogue/usage.js';
import type { Draft } from '../envelope.js';
import { isBelieved, isGuess, type TokenCounts } from '../meter.js';
import type { NoPrice, PriceLack, Prices } from '../prices.js';
import type { EpochMs, MicroUsd } from '../scalars.js';
import type { Identity, PoolState } from '../state.js';
import { tokenBuckets } from '../tokens.js';
import { raiseAbout, raiseForPool } from './raise.js';

export type Amounts = Pick<
  UsageRecorded,
  'cost_micro_usd' | 'cost_source' | 'counter' | 'fair_basis' | 'fair_cost_micro_usd' | 'price_of' | 'rates' | 'tokens'
>;

type Priceable = Pick<
  UsageReport,
  'cost_micro_usd' | 'legacy_tokens' | 'meter' | 'model' | 'pricing' | 'tokens' | 'total_cost_usd' | 'total_tokens'
>;

/** Whether the price book has a say in what a report costs. Counters of a session are taken as they are. */
export function needsPrices(report: Omit<Priceable, 'pricing'>): boolean {
  if (report.cost_micro_usd !== undefined) return report.meter !== undefined && isGuess(report.meter);
  const { total_cost_usd: totalCost, total_tokens: totalTokens, legacy_tokens: legacy, tokens } = report;
  if (totalCost !== undefined || totalTokens !== undefined || legacy !== undefined) return false;
  return tokens !== undefined && tokensTotal(tokens) > 0;
}

/** Amounts, and of a use without a price its model and what is lacking. */
type Priced = Amounts & { readonly unpriced?: { readonly model: string | null; readonly lack: PriceLack } };

/** Amounts of a report that needs prices. A use that names no model is of the one that its identity is configured with. */
export function pricedByBook(prices: Prices, report: Priceable, identity: Identity | undefined, at: EpochMs): Priced {
  const { tokens = {}, cost_micro_usd: told, meter = {}, pricing } = report;
  const model = report.model ?? identity?.model ?? null;
  if (told !== undefined && isBelieved(meter, model, prices))
    return { cost_micro_usd: told, cost_source: 'reported', tokens: report.tokens };
  const price = prices.priceOf({ model, at, tokens: bucketsOf(tokens), pricing });
  if ('lack' in price) {
    const unpriced = { model, lack: price.lack };
    return { cost_source: 'unpriced', tokens: report.tokens, unpriced, ...countsAt(price, told) };
  }
  return {
    cost_micro_usd: price.costMicroUsd as MicroUsd,
    cost_source: 'computed',
    price_of: price.priceOf,
    rates: price.rates,
    tokens: report.tokens,
  };
}

function countsAt({ fair }: NoPrice, told: MicroUsd | undefined): Partial<Amounts> {
  if (fair === null) return told === undefined ? {} : { fair_basis: 'told', fair_cost_micro_usd: told };
  const { costMicroUsd, priceOf, basis } = fair;
  return { fair_basis: basis, fair_cost_micro_usd: costMicroUsd as MicroUsd, price_of: priceOf };
}

/** A bare total is taken for input. */
function bucketsOf({ total, ...tokens }: NonNullable<UsageReport['tokens']>): TokenCounts {
  const counts: { -readonly [bucket in keyof TokenCounts]: TokenCounts[bucket] } = {};
  for (const bucket of tokenBuckets) if (tokens[bucket] !== undefined) counts[bucket] = tokens[bucket];
  return Object.keys(counts).length > 0 || total === undefined ? counts : { input: total };
}

/** Of the alerts about them. */
export const unpricedRule = 'model-unpriced';
/** With the rule before it, it is a key. */
const subjectCharacters = limits.textCharactersMax - unpricedRule.length - 1;

/** People are told once of each model; of many models that there are more. */
export function unpricedAlert(
  state: PoolState,
  { fair_basis: basis, fair_cost_micro_usd: cost, price_of: priceOf, unpriced }: Priced,
): readonly Draft[] {
  if (unpriced === undefined || basis === undefined || cost === 0) return [];
  const name = unpriced.model?.toLowerCase().slice(0, subjectCharacters);
  const key = `${unpricedRule}:${name ?? ''}`;
  if (state.alerts.has(key)) return [];
  const open = [...state.alerts.values()].filter(({ rule }) => rule === unpricedRule).length;
  if (open >= limits.unpricedModelsTold)
    return raiseForPool(state, unpricedRule, 'Further models have no price: resource-share prices check lists them.');
  const counts = basis === 'told' ? words.told : `${words[basis]}, ${priceOf}`;
  const text = `${name ?? 'Use that names no model'} has no price${lacks[unpriced.lack]}; its use counts at ${counts}.`;
  return raiseAbout(state, unpricedRule, name ?? state.pool, key, text);
}

const words = {
  family: 'the dearest price of its family',
  maker: 'the dearest price of its maker',
  any: 'the dearest price of Claude',
  told: 'the cost that was told with it, which may be a guess',
};

const lacks: Readonly<Record<PriceLack, string>> = {
  'no-model': '',
  'unknown-model': '',
  'no-price-then': ' for that time',
  'no-tokens': '',
  'rate-not-known': ' for all of its tokens',
  'fast-not-known': ' where it is served fast',
  'tier-not-known': ' in its tier',
  'web-search-not-known': ' for searches of the web',
  'cost-too-large': ' that can be counted',
};
