/** Amounts as tables show them. */

/** Micro-USD as dollars; four decimals, or six where four would show nothing. */
export function shownUsd(microUsd: number): string {
  const decimals = microUsd !== 0 && Math.abs(microUsd) < 100 ? 6 : 4;
  return (microUsd / 1e6).toFixed(decimals);
}

export function shownCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** A fraction as percent. */
export function shownPercent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}

/** Basis points as percent. */
export const shownBp = (basisPoints: number): string => `${(basisPoints / 100).toFixed(1)} %`;

/** Dollars as people read them: three digits that matter, and never less than cents. */
export function shownDollars(usd: number): string {
  const size = Math.abs(usd);
  const decimals = size >= 1_000 ? 0 : size >= 0.9995 || size < 5e-7 ? 2 : size >= 0.0995 ? 3 : 4;
  const text = size.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return `${usd < 0 && Number(text.replaceAll(',', '')) > 0 ? '−' : ''}$${text}`;
}

/** Percentage points, with one decimal, or two below one. */
export const shownPoints = (points: number): string =>
  `${points.toFixed(Math.abs(points) < 0.995 && points !== 0 ? 2 : 1)} %`;

/** A percentage and its standard deviation. */
export const shownEstimate = (percent: number, deviation: number): string =>
  `${percent.toFixed(1)} ± ${deviation.toFixed(1)} %`;

/** A budget and its relative standard deviation. */
export function shownBudget(usd: number | null, relativeDeviation: number | null): string | null {
  if (usd === null) return null;
  if (relativeDeviation === null || relativeDeviation === 0) return shownDollars(usd);
  return `${shownDollars(usd)} ± ${relativeDeviation >= 10 ? '>1,000' : (100 * relativeDeviation).toFixed(relativeDeviation < 0.1 ? 1 : 0)} %`;
}
