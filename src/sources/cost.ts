/** What a use that was seen cost, and who says so. */
import type { PriceBook } from '../prices/book.js';
import { type Priced, priceOf, type Unpriced } from '../prices/price-of.js';
import type { UseSeen } from './source.js';

export type UseCost =
  | { readonly source: 'reported'; readonly costUsd: number }
  | { readonly source: 'computed'; readonly costUsd: number; readonly price: Priced }
  | { readonly source: 'unpriced'; readonly costUsd: null; readonly why: Unpriced['unpriced'] };

/**
 * A cost that was told is taken where who told it knows. Telemetry does not say when it went by the price of another model, because
 * that of its own is not known to it: so it is believed only of models that are in the book.
 */
export function costOfUse(book: PriceBook, use: UseSeen): UseCost {
  const isBelieved = use.rank !== 'telemetry' || (use.model !== null && book.knows(use.model));
  if (use.costUsd !== null && isBelieved) return { source: 'reported', costUsd: use.costUsd };
  const { model, occurredAt: at, tokens, pricing } = use;
  const price = priceOf(book, { model, at, tokens, pricing });
  if ('unpriced' in price) return { source: 'unpriced', costUsd: null, why: price.unpriced };
  return { source: 'computed', costUsd: price.costMicroUsd / 1e6, price };
}
