/** The vertical axis of a panel: where a value is, and what is written beside it. */
import type { Axis, Panel } from './panel.js';
import { isFlat, linearTicks, logTicks, stepFor } from './ticks.js';
import { tickText } from './units.js';

export interface ValueAxis {
  /** Pixels below the top of the plotted area; `null` if the value cannot be shown. */
  readonly y: (value: number | null | undefined) => number | null;
  readonly ticks: ReadonlyArray<{ readonly y: number; readonly label: string }>;
  readonly empty: boolean;
}

const tickPx = 34;
/** Larger values are mistakes, and would overflow the arithmetic of the axis. */
const valueMax = 1e15;
/** Far outside, a line looks the same wherever it goes. */
const pixelMax = 1e5;

export function valueAxis(panel: Panel, heightPx: number, from: number, to: number): ValueAxis {
  const axis = panel.y ?? {};
  const shown = valuesOf(panel, from, to).filter((value) => isShown(value, axis));
  const ticksMax = Math.max(2, Math.floor(heightPx / tickPx));
  return axis.scale === 'log' ? logAxis(axis, shown, heightPx, ticksMax) : linearAxis(axis, shown, heightPx, ticksMax);
}

function isShown(value: number | null | undefined, axis: Axis): value is number {
  if (value === null || value === undefined) return false;
  return Math.abs(value) <= valueMax && (axis.scale !== 'log' || value >= 1 / valueMax);
}

function linearAxis(axis: Axis, shown: readonly number[], heightPx: number, ticksMax: number): ValueAxis {
  const unit = axis.unit ?? 'number';
  const low = axis.from ?? least(shown, Math.min(0, axis.to ?? 0));
  const high = Math.max(axis.to ?? greatest(shown, low), low);
  const top = isFlat(low, high) ? low + (Math.abs(low) || 1) : high;
  const step = stepFor(top - low, ticksMax, unit);
  const bottomValue = axis.from ?? -rounded(-low, step);
  const topValue = axis.to !== undefined && top === axis.to ? axis.to : rounded(top, step);
  const y = (value: number) => heightPx * (1 - (value - bottomValue) / (topValue - bottomValue));
  const ticks = shown.length === 0 ? [] : linearTicks(bottomValue, topValue, step);
  return {
    y: (value) => (isShown(value, axis) ? clamped(y(value)) : null),
    ticks: ticks.map((value) => ({ y: y(value), label: tickText(value, unit, step) })),
    empty: shown.length === 0,
  };
}

function logAxis(axis: Axis, shown: readonly number[], heightPx: number, ticksMax: number): ValueAxis {
  const unit = axis.unit ?? 'number';
  const positive = (value: number | undefined) => (value !== undefined && value > 0 ? value : undefined);
  const low = positive(axis.from) ?? least(shown, Number.POSITIVE_INFINITY) / 1.2;
  const bottomValue = Number.isFinite(low) ? low : 1;
  const high = positive(axis.to) ?? greatest(shown, bottomValue) * 1.2;
  const topValue = high > bottomValue ? high : bottomValue * 10;
  const decades = Math.log(topValue / bottomValue);
  const y = (value: number) => heightPx * (1 - Math.log(value / bottomValue) / decades);
  const ticks = shown.length === 0 ? [] : logTicks(bottomValue, topValue, ticksMax, unit);
  return {
    y: (value) => (isShown(value, axis) ? clamped(y(value)) : null),
    ticks: ticks.map((value) => ({ y: y(value), label: tickText(value, unit) })),
    empty: shown.length === 0,
  };
}

function valuesOf(panel: Panel, from: number, to: number): readonly (number | null | undefined)[] {
  const inside = ({ at }: { readonly at: number }) => at >= from && at <= to;
  return [
    ...(panel.references ?? []).map(({ value }) => value),
    ...panel.series.flatMap(({ line = [], band = [], readings = [] }) => [
      ...line.filter(([at]) => at >= from && at <= to).map(([, value]) => value),
      ...band.filter(inside).flatMap(({ low, high }) => [low, high]),
      ...readings.filter(inside).flatMap(({ value, low, high }) => [value, low, high]),
    ]),
  ];
}

const clamped = (px: number): number => Math.min(pixelMax, Math.max(-pixelMax, px));

/** The next tick if it is near, else a little more: half an axis without values would say nothing. */
function rounded(end: number, step: number): number {
  const tick = Math.ceil(end / step - 1e-9) * step;
  return tick - end <= step / 2 ? tick : end + step / 10;
}

/** `Math.min(...values)` overflows the stack on a long series. */
const least = (values: readonly number[], start: number): number => values.reduce((a, b) => Math.min(a, b), start);
const greatest = (values: readonly number[], start: number): number => values.reduce((a, b) => Math.max(a, b), start);
