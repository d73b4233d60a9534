/** What a use costs, as deciding asks it. `src/prices` knows. */
import type { UsageRecorded, UsageReport } from './catalogue/usage.js';
import type { TokenCounts } from './meter.js';
import type { EpochMs } from './scalars.js';

export interface UseToPrice {
  /** As its source names it. */
  readonly model: string | null;
  /** When it was used. */
  readonly at: EpochMs;
  readonly tokens: TokenCounts;
  readonly pricing: UsageReport['pricing'];
}

export interface ExactPrice {
  readonly costMicroUsd: number;
  /** The model of the price book whose price it is. */
  readonly priceOf: string;
  /** By name: US dollars per million tokens, what multiplies them, and dollars per thousand searches of the web. */
  readonly rates: Readonly<Record<string, number>>;
}

/** What a use without a price counts for among those who share. */
export interface FairPrice {
  readonly costMicroUsd: number;
  readonly priceOf: string;
  readonly basis: Exclude<UsageRecorded['fair_basis'], 'told' | undefined>;
}

/** Why a use has no price. */
export type PriceLack =
  | 'no-model'
  | 'unknown-model'
  | 'no-price-then'
  | 'no-tokens'
  | 'rate-not-known'
  | 'fast-not-known'
  | 'tier-not-known'
  | 'web-search-not-known'
  | 'cost-too-large';

export interface NoPrice {
  readonly lack: PriceLack;
  /** Null where there are no tokens. */
  readonly fair: FairPrice | null;
}

export interface Prices {
  /** Whether exactly this model has a price at some time. */
  knows(model: string): boolean;
  priceOf(use: UseToPrice): ExactPrice | NoPrice;
}
