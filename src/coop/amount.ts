/**
 * What a row of the original's increments counts. In its older form a client sent tokens: `cache_read_increment` and
 * `normalized_usage` are those tokens, and a `cost_delta` beside them was made of them. In the newer form it sent dollars:
 * `cost_delta` is those, `normalized_usage` the dollars over the multiplier, and `cache_read_increment` a thousand times that.
 */
import type { OriginalRow } from '../engines/original.js';
import { limits } from '../limits.js';
import { numberIn } from './values.js';

export type Amount =
  | { readonly form: 'dollars'; readonly usd: number; readonly isEstimated: boolean }
  | { readonly form: 'tokens'; readonly tokens: number; readonly isEstimated: boolean };

export type AmountFault = 'negative amount' | 'amount out of range';

/** `multiplier`: of the identity, as its table says. */
export function amountOf(row: OriginalRow, multiplier: number): Amount | AmountFault {
  const tokens = numberIn(row.cache_read_increment);
  const usd = numberIn(row.cost_delta);
  if ((tokens ?? 0) < 0 || (usd ?? 0) < 0) return 'negative amount';
  const weighted = numberIn(row.weighted_cost);
  if (usd === null && tokens === null && weighted !== null && weighted !== 0)
    return weighted < 0 ? 'negative amount' : tokensAmount(weighted / multiplier, true);
  if (usd === null || usd === 0)
    return (tokens ?? 0) === 0 && usd === 0 ? dollars(0, false) : tokensAmount(tokens ?? 0);
  const form = formOf(tokens ?? 0, usd, numberIn(row.normalized_usage), multiplier);
  if (form.isTokens) return tokensAmount(tokens ?? 0, form.isEstimated);
  return dollars(usd, form.isEstimated);
}

interface Form {
  readonly isTokens: boolean;
  /** Whether the row does not say it for certain. */
  readonly isEstimated: boolean;
}

function formOf(tokens: number, usd: number, normalized: number | null, multiplier: number): Form {
  if (tokens === 0) return { isTokens: false, isEstimated: false };
  if (normalized !== null && normalized > 0) {
    if (isClose(normalized, tokens)) return { isTokens: true, isEstimated: false };
    const isDollars = isClose(normalized, usd / multiplier) || isMade(tokens, normalized);
    return { isTokens: false, isEstimated: !isDollars };
  }
  // Both forms may have given this cost; money is seldom a whole number of thousandths of what the tokens would be.
  const perThousand = (usd * 1_000) / multiplier;
  return { isTokens: isClose(perThousand, tokens), isEstimated: true };
}

const isClose = (one: number, other: number): boolean =>
  Math.abs(one - other) <= 1e-6 * Math.max(1e-6, Math.abs(other));

/** Whether the tokens were made of dollars: the whole part of a thousand times the usage. */
const isMade = (tokens: number, normalized: number): boolean =>
  Math.abs(Math.floor(normalized * 1_000 + 1e-6) - tokens) < 1;

/** At most what any multiplier prices below the largest cost there is. */
const tokensMax = limits.costMicroUsdMax / 100;

function tokensAmount(tokens: number, isEstimated = false): Amount | AmountFault {
  const whole = Math.round(tokens);
  return whole > tokensMax ? 'amount out of range' : { form: 'tokens', tokens: whole, isEstimated };
}

const dollars = (usd: number, isEstimated: boolean): Amount | AmountFault =>
  usd * 1e6 > limits.costMicroUsdMax ? 'amount out of range' : { form: 'dollars', usd, isEstimated };
