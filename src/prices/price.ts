/** What a model costs in a stretch of time. US dollars per million tokens. */

/** A bucket that a table leaves out is derived from the input (`price-of.ts`). */
export interface Rates {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly cache_read?: number | undefined;
  readonly cache_write_5m?: number | undefined;
  readonly cache_write_1h?: number | undefined;
}

export interface Price {
  /** As its table names it. */
  readonly model: string;
  /** The user's own file, what we know ourselves, or the table of a package. */
  readonly origin: 'own' | 'overlay' | 'table';
  /** Milliseconds UTC, the first inside and the last outside; null: always. */
  readonly from: number | null;
  readonly until: number | null;
  readonly rates: Rates;
  /** For the whole of a request whose prompt is longer; the longest first. */
  readonly tiers: readonly { readonly above: number; readonly rates: Rates }[];
  /** How many times the price where it is served fast; `unknown` where that is offered and nobody knows for how much. */
  readonly fast: number | 'unknown';
  /** For a request whose prompt is longer. */
  readonly longPrompt?: { readonly above: number; readonly times: number } | undefined;
  /** US dollars per thousand searches of the web; undefined where it is not known. */
  readonly webSearches?: number | undefined;
}

/** What a price depends on beside the model and the tokens. */
export interface PricingFacts {
  readonly speed?: 'normal' | 'fast' | undefined;
  /** Where it was served, as the provider says it: `us`. */
  readonly geo?: string | undefined;
  /** `standard`, `batch`, `flex`, `priority`, … */
  readonly tier?: string | undefined;
  readonly webSearches?: number | undefined;
}

export const isValidAt = ({ from, until }: Price, at: number): boolean =>
  (from === null || at >= from) && (until === null || at < until);
