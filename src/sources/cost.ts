/** What a use that was seen cost, and who says so. */
import { isBelieved } from '../events/meter.js';
import type { PriceBook } from '../prices/book.js';
import { type Priced, priceOf, type Unpriced } from '../prices/price-of.js';
import type { UseSeen } from './source.js';

export type UseCost =
  | { readonly source: 'reported'; readonly costUsd: number }
  | { readonly source: 'computed'; readonly costUsd: number; readonly price: Priced }
  | { readonly source: 'unpriced'; readonly costUsd: null; readonly why: Unpriced['unpriced'] };

/** By the rule of the ledger. */
export function costOfUse(book: PriceBook, use: UseSeen): UseCost {
  const teller = { rule: use.isStopgap === true ? 'sum' : 'response', rank: use.rank } as const;
  if (use.costUsd !== null && isBelieved(teller, use.model, book)) return { source: 'reported', costUsd: use.costUsd };
  const { model, occurredAt: at, tokens, pricing } = use;
  const price = priceOf(book, { model, at, tokens, pricing });
  if ('unpriced' in price) return { source: 'unpriced', costUsd: null, why: price.unpriced };
  return { source: 'computed', costUsd: price.costMicroUsd / 1e6, price };
}
