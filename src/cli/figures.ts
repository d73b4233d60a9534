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
