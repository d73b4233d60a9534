/** Round values along an axis. */
import type { Unit } from './units.js';

const durationSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
  1_209_600, 2_592_000, 7_776_000, 31_536_000,
];

/** Whether two values are too near each other for ticks between them. */
export const isFlat = (low: number, high: number): boolean =>
  high - low <= 1e-9 * Math.max(1e-3, Math.abs(low), Math.abs(high));

/** The smallest round step that makes at most so many intervals of the range. */
export function stepFor(range: number, intervalsMax: number, unit: Unit): number {
  const least = range / intervalsMax;
  if (unit === 'seconds' && least > 0.5) {
    const step = durationSteps.find((each) => each >= least);
    if (step !== undefined) return step;
  }
  const power = 10 ** Math.floor(Math.log10(least) + 1e-9);
  for (const factor of [1, 2, 5]) if (factor * power >= least * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/** The multiples of the step from `from` to `to`, both included. */
export function linearTicks(from: number, to: number, step: number): readonly number[] {
  const ticks: number[] = [];
  const last = Math.floor(to / step + 1e-6);
  for (let i = Math.ceil(from / step - 1e-6); i <= last; i++) ticks.push(tidy(i * step));
  return ticks;
}

/** 3 × 0.1 is 0.3, not 0.30000000000000004. */
const tidy = (value: number): number => Number(value.toPrecision(12));

const second = [1, 2, 5, 10, 20, 30];
const day = [86_400, 172_800, 432_000, 864_000, 2_592_000];
const durations: readonly (readonly number[])[] = [
  [...second, ...second.map((s) => s * 60), 3_600, 7_200, 14_400, 28_800, 43_200, ...day],
  [1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, ...day],
  [1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000],
  [1, 60, 3_600, 86_400, 2_592_000],
];

/** The densest of several sets of round values that leaves each tick its share of the axis. */
export function logTicks(from: number, to: number, ticksMax: number, unit: Unit): readonly number[] {
  const ratioMin = (to / from) ** (0.7 / ticksMax);
  const sets = (unit === 'seconds' && from >= 0.5 ? durations : decades(from, to)).map((values) =>
    values.filter((value) => value >= from && value <= to),
  );
  const fit = sets.find(
    (values) => values.length <= ticksMax + 1 && spacedBy(values, ratioMin).length === values.length,
  );
  if (fit !== undefined && fit.length >= 2) return fit;
  const spaced = spacedBy(sets.at(-1) ?? [], ratioMin);
  if (spaced.length >= 2) return spaced;
  const linear = linearTicks(from, to, stepFor(to - from, ticksMax, unit));
  return spacedBy(
    linear.filter((value) => value > 0),
    ratioMin,
  );
}

function spacedBy(values: readonly number[], ratioMin: number): readonly number[] {
  const kept: number[] = [];
  for (const value of values) {
    const last = kept.at(-1);
    if (last === undefined || value >= last * ratioMin) kept.push(value);
  }
  return kept;
}

function decades(from: number, to: number): readonly (readonly number[])[] {
  const first = Math.floor(Math.log10(from));
  const powers = Array.from({ length: Math.ceil(Math.log10(to)) - first + 1 }, (_, i) => first + i);
  const times = (factors: readonly number[], every: number) =>
    powers.filter((power) => power % every === 0).flatMap((power) => factors.map((f) => tidy(f * 10 ** power)));
  return [times([1, 2, 5], 1), times([1, 3], 1), times([1], 1), times([1], 2), times([1], 3), times([1], 6)];
}
