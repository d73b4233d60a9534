/**
 * The tables of `@pydantic/genai-prices` (MIT), as prices of our own. Only its data is used. Its rules of which model a price is for
 * are too wide: by the beginning of a name Sonnet 5.5 would cost what Sonnet 5 does, whose cache reads are twice as dear. Here a
 * price is for its own name, and for those that are given by equality.
 */
import { findProvider, type MatchLogic, type ModelInfo, type ModelPrice } from '@pydantic/genai-prices';
import type { Price, Rates } from './price.js';

export interface TablePrice {
  readonly names: readonly string[];
  readonly price: Price;
}

/** Those who make models of their own; where two tables have a model, the first one counts. Clouds that resell them are left out. */
const providers = ['anthropic', 'openai', 'google', 'x-ai', 'mistral', 'deepseek', 'moonshotai'] as const;

export function tablePrices(): TablePrice[] {
  return providers.flatMap((id) =>
    (findProvider({ providerId: id })?.models ?? []).flatMap((model) => pricesOf(model, id === 'anthropic')),
  );
}

function pricesOf(model: ModelInfo, isAnthropic: boolean): TablePrice[] {
  const names = [model.id, ...equalNames(model.match)];
  const dated = datedPrices(model);
  return dated.map(({ from, prices }, i) => ({
    names,
    price: {
      model: model.id,
      origin: 'table',
      from,
      until: dated[i + 1]?.from ?? null,
      rates: ratesOf(prices, null),
      tiers: tiersOf(prices).map((above) => ({ above, rates: ratesOf(prices, above) })),
      fast: isAnthropic && !/haiku|sonnet/.test(model.id) ? 'unknown' : 1,
      webSearches: rateAt(prices.web_searches_kcount, null) ?? (isAnthropic ? 10 : undefined),
    },
  }));
}

/** In the order of time. Of a model whose price changes with the time of day none is taken. */
function datedPrices({ prices }: ModelInfo): { readonly from: number | null; readonly prices: ModelPrice }[] {
  if (!Array.isArray(prices)) return [{ from: null, prices }];
  if (prices.some(({ constraint }) => constraint !== undefined && constraint.type !== 'start_date')) return [];
  return prices
    .map(({ constraint, prices }) => ({
      from: constraint?.type === 'start_date' ? Date.parse(constraint.start_date) : null,
      prices,
    }))
    .sort((a, b) => (a.from ?? Number.NEGATIVE_INFINITY) - (b.from ?? Number.NEGATIVE_INFINITY));
}

function equalNames(match: MatchLogic): string[] {
  if ('equals' in match) return [match.equals];
  return 'or' in match ? match.or.flatMap(equalNames) : [];
}

const ratesOf = (prices: ModelPrice, above: number | null): Rates => ({
  input: rateAt(prices.input_mtok, above),
  output: rateAt(prices.output_mtok, above),
  cache_read: rateAt(prices.cache_read_mtok, above),
  cache_write_5m: rateAt(prices.cache_write_5m_mtok ?? prices.cache_write_mtok, above),
  cache_write_1h: rateAt(prices.cache_write_1h_mtok, above),
});

type TableRate = ModelPrice[string];

/** Where tiers begin, the highest first. */
function tiersOf(prices: ModelPrice): number[] {
  const starts = Object.values(prices).flatMap((rate) =>
    typeof rate === 'object' ? rate.tiers.map(({ start }) => start) : [],
  );
  return [...new Set(starts)].sort((a, b) => b - a);
}

function rateAt(rate: TableRate, above: number | null): number | undefined {
  if (typeof rate !== 'object') return rate;
  const reached = above === null ? [] : rate.tiers.filter(({ start }) => start <= above);
  return reached.sort((a, b) => b.start - a.start)[0]?.price ?? rate.base;
}
