/** The price book, as the ledger asks it. */
import type { ExactPrice, NoPrice, Prices, UseToPrice } from '../events/prices.js';
import { PriceBook } from './book.js';
import type { Price } from './price.js';
import { fairPriceOf, type PriceLine, priceOf } from './price-of.js';

export class BookPrices implements Prices {
  readonly #book: PriceBook;

  constructor(own: readonly Price[]) {
    this.#book = new PriceBook(own);
  }

  knows(model: string): boolean {
    return this.#book.knows(model);
  }

  priceOf({ model, at, tokens, pricing = {} }: UseToPrice): ExactPrice | NoPrice {
    const { web_searches: webSearches, ...facts } = pricing;
    const use = { model, at, tokens, pricing: { ...facts, webSearches } };
    const price = priceOf(this.#book, use);
    if ('unpriced' in price) return { lack: price.unpriced, fair: this.#fairPriceOf(use) };
    return { costMicroUsd: price.costMicroUsd, priceOf: price.model, rates: ratesOf(price.rates) };
  }

  #fairPriceOf(use: Parameters<typeof fairPriceOf>[1]): NoPrice['fair'] {
    const fair = fairPriceOf(this.#book, use);
    if (fair === null || fair.basis === 'exact') return null;
    return { costMicroUsd: fair.costMicroUsd, priceOf: fair.model, basis: fair.basis };
  }
}

/** Flat, as they are stored. Reasoning has the rate of the output. */
function ratesOf(lines: readonly PriceLine[]): Record<string, number> {
  const rates: Record<string, number> = {};
  for (const line of lines) {
    if ('usdPerMillion' in line) rates[line.what === 'reasoning' ? 'output' : line.what] = line.usdPerMillion;
    else if ('times' in line) rates[`${line.what}_times`] = line.times;
    else rates.web_search_per_1000 = line.usdPerThousand;
  }
  return rates;
}
