/** Lengths of time in milliseconds, money in micro-USD, and stretches of a scenario's time. */
export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
export const weekMs = 7 * dayMs;
export const microUsdPerUsd = 1_000_000;

/** From `from` up to, but not including, `until`, in ms. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** Numbers from the least up to the most. */
export type Range = readonly [least: number, most: number];

export function isWithin(time: number, span: Span): boolean {
  return time >= span.from && time < span.until;
}

export function isWithinAny(time: number, spans: readonly Span[] = []): boolean {
  return spans.some((span) => isWithin(time, span));
}
