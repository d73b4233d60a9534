/** US dollars as people read them. */
import { decimalText } from './number.js';
import { percentText } from './percent.js';

/** The ledger's smallest amount. */
const microUsd = 1e-6;

/**
 * Three digits that matter, never less than cents: `$1,235`, `$12.30`, `$0.125`, `$0.000003`. What is less than half a
 * micro-dollar is left over from arithmetic, and is `$0.00`.
 */
export function usdText(usd: number): string {
  const size = Math.abs(usd);
  if (size < microUsd / 2) return decimalText(0, 2, 2, '$');
  return decimalText(usd, size >= 999.995 ? 0 : 2, digitsOf(size), '$');
}

export const microUsdText = (amount: number): string => usdText(amount * microUsd);

/** An estimate of dollars and its standard deviation, relative to it: `$120.00 ± 8 %`. */
export const usdEstimateText = (usd: number, relativeDeviation: number | null): string =>
  relativeDeviation === null || relativeDeviation === 0
    ? usdText(usd)
    : `${usdText(usd)} ± ${percentText(100 * relativeDeviation)}`;

function digitsOf(size: number): number {
  if (size >= 999.995) return 0;
  if (size >= 0.9995) return 2;
  return Math.min(6, 2 - Math.floor(Math.log10(size)));
}
