/** What a use costs by the price book, in lines that can be worked out again; or why it has no price. */
import { type TokenCounts, totalOf } from '../events/meter.js';
import type { PriceLack } from '../events/prices.js';
import { type TokenBucket, tokenBuckets } from '../events/tokens.js';
import { limits } from '../limits.js';
import type { PriceBook, Similar } from './book.js';
import { isClaude } from './model-name.js';
import type { Price, PricingFacts, Rates } from './price.js';

export interface UseToPrice {
  /** As its source names it. */
  readonly model: string | null;
  /** Milliseconds UTC. */
  readonly at: number;
  readonly tokens: TokenCounts;
  readonly pricing: PricingFacts;
}

export type PriceLine =
  | { readonly what: TokenBucket; readonly tokens: number; readonly usdPerMillion: number; readonly derived?: true }
  | { readonly what: 'fast' | 'long_prompt' | 'us' | 'batch'; readonly times: number }
  | { readonly what: 'web_search'; readonly searches: number; readonly usdPerThousand: number };

export interface Priced {
  readonly costMicroUsd: number;
  /** The model of the book, and whose price that is. */
  readonly model: string;
  readonly origin: Price['origin'];
  /** Tokens at their rates, times what multiplies them, and searches on top. */
  readonly rates: readonly PriceLine[];
  /** Whether each rate is in the book, and none derived from another one. */
  readonly exact: boolean;
}

export interface Unpriced {
  readonly unpriced: PriceLack;
}

export function priceOf(book: PriceBook, { model, at, tokens, pricing }: UseToPrice): Priced | Unpriced {
  if (model === null) return { unpriced: 'no-model' };
  const price = book.find(model, at);
  if (price === null) return { unpriced: book.knows(model) ? 'no-price-then' : 'unknown-model' };
  return priceWith(price, tokens, pricing);
}

export interface FairPrice {
  readonly costMicroUsd: number;
  /** Whose price it is. */
  readonly model: string;
  /** Its own, or the dearest that is known of its family, of its maker, or of Claude. */
  readonly basis: 'exact' | Similar;
}

/** What it counts for among those who share: never nothing. Without a price of its own it is the dearest that is known of its family. */
export function fairPriceOf(book: PriceBook, use: UseToPrice): FairPrice | null {
  const own = priceOf(book, use);
  if ('costMicroUsd' in own) return { costMicroUsd: own.costMicroUsd, model: own.model, basis: 'exact' };
  const { prices, basis } = book.similar(use.model ?? '', use.at);
  let dearest: FairPrice | null = null;
  for (const price of prices) {
    const told = priceWith(price, use.tokens, use.pricing);
    const found = 'costMicroUsd' in told ? told : priceWith(price, use.tokens, {});
    const cost = boundedCost(found);
    if (cost !== null && cost > (dearest?.costMicroUsd ?? -1))
      dearest = { costMicroUsd: cost, model: price.model, basis };
  }
  return dearest;
}

/** What costs more than can be counted counts as much as that. */
function boundedCost(found: Priced | Unpriced): number | null {
  if ('costMicroUsd' in found) return found.costMicroUsd;
  return found.unpriced === 'cost-too-large' ? limits.costMicroUsdMax : null;
}

function priceWith(price: Price, tokens: TokenCounts, pricing: PricingFacts): Priced | Unpriced {
  if (tokenBuckets.every((bucket) => tokens[bucket] === undefined)) return { unpriced: 'no-tokens' };
  const prompt = totalOf({ ...tokens, output: 0, reasoning: 0 });
  const rates = tokenLines(ratesFor(price, prompt), tokens);
  if (rates === null) return { unpriced: 'rate-not-known' };
  const multipliers = multiplierLines(price, prompt, pricing);
  if (typeof multipliers === 'string') return { unpriced: multipliers };
  const searches = searchLines(price, pricing.webSearches ?? 0);
  if (searches === null) return { unpriced: 'web-search-not-known' };
  const lines = [...rates, ...multipliers, ...searches];
  const cost = costOf(lines);
  if (cost > BigInt(limits.costMicroUsdMax)) return { unpriced: 'cost-too-large' };
  const exact = rates.every((line) => line.derived === undefined);
  return { costMicroUsd: Number(cost), model: price.model, origin: price.origin, rates: lines, exact };
}

/** A tier is for the whole of the request. */
const ratesFor = ({ rates, tiers }: Price, prompt: number): Rates =>
  tiers.find(({ above }) => prompt > above)?.rates ?? rates;

type TokenLine = Extract<PriceLine, { readonly tokens: number }>;

function tokenLines(rates: Rates, tokens: TokenCounts): TokenLine[] | null {
  const lines: TokenLine[] = [];
  for (const bucket of tokenBuckets) {
    const count = tokens[bucket] ?? 0;
    if (count === 0) continue;
    const told = rates[bucket === 'reasoning' ? 'output' : bucket];
    const usdPerMillion = told ?? derivedRate(bucket, rates);
    if (usdPerMillion === undefined) return null;
    lines.push({ what: bucket, tokens: count, usdPerMillion, ...(told === undefined && { derived: true as const }) });
  }
  return lines;
}

/** What the cache costs where a table does not say it, in percent of the input. */
const ofInput: { readonly [bucket in TokenBucket]?: number } = {
  cache_read: 10,
  cache_write_5m: 125,
  cache_write_1h: 200,
};

/** Of a bucket that a table leaves out; undefined where nothing is known of it. */
function derivedRate(bucket: TokenBucket, { input }: Rates): number | undefined {
  const percent = ofInput[bucket];
  return percent === undefined || input === undefined ? undefined : (input * percent) / 100;
}

function multiplierLines(price: Price, prompt: number, { speed, geo, tier }: PricingFacts): PriceLine[] | PriceLack {
  const lines: PriceLine[] = [];
  const { longPrompt, fast } = price;
  if (longPrompt !== undefined && prompt > longPrompt.above)
    lines.push({ what: 'long_prompt', times: longPrompt.times });
  if (speed === 'fast' && fast === 'unknown') return 'fast-not-known';
  if (speed === 'fast' && fast !== 1) lines.push({ what: 'fast', times: fast as number });
  if (geo?.toLowerCase() === 'us' && isClaude(price.model)) lines.push({ what: 'us', times: 1.1 });
  if (tier === 'batch') lines.push({ what: 'batch', times: 0.5 });
  else if (tier !== undefined && !usualTiers.has(tier)) return 'tier-not-known';
  return lines;
}

/** Those that cost what is in the book. */
const usualTiers = new Set(['standard', 'default', 'auto']);

function searchLines({ webSearches }: Price, searches: number): PriceLine[] | null {
  if (searches === 0) return [];
  return webSearches === undefined ? null : [{ what: 'web_search', searches, usdPerThousand: webSearches }];
}

/** A dollar per million tokens is a micro-dollar a token; the smallest rates are parts of a thousandth of that. */
const picoUsd = (usdPerMillion: number): number => Math.round(usdPerMillion * 1e6);

/** In whole micro-dollars, rounded once. */
function costOf(lines: readonly PriceLine[]): bigint {
  let tokens = 0n;
  let searches = 0n;
  let times = 1n;
  let parts = 1n;
  for (const line of lines) {
    if ('tokens' in line) tokens += BigInt(line.tokens) * BigInt(picoUsd(line.usdPerMillion));
    else if ('searches' in line) searches += BigInt(line.searches) * BigInt(picoUsd(line.usdPerThousand)) * 1_000n;
    else {
      times *= BigInt(Math.round(line.times * 1_000));
      parts *= 1_000n;
    }
  }
  const pico = tokens * times + searches * parts;
  const whole = parts * 1_000_000n;
  return (2n * pico + whole) / (2n * whole);
}
