/** What `prices list --json` and `prices show --json` print. */
import type { Price } from '../../prices/price.js';

export function priceBody({ model, origin, from, until, rates, tiers, fast, longPrompt, webSearches }: Price) {
  return {
    model,
    origin,
    from: from === null ? null : new Date(from).toISOString(),
    until: until === null ? null : new Date(until).toISOString(),
    usd_per_million: rates,
    tiers: tiers.map(({ above, rates }) => ({ above, usd_per_million: rates })),
    /** Null where it is not known. */
    fast: fast === 'unknown' ? null : fast,
    long_prompt: longPrompt,
    web_search_usd_per_thousand: webSearches,
  };
}
