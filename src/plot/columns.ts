/** What all panels of a figure share: their times and their colours. */
import { coloursOf, type Mark, type Panel } from './panel.js';
import type { Colour } from './theme.js';
import { type TimeTicks, timeTicks } from './time-ticks.js';

export interface Columns {
  /** Milliseconds since 1970, UTC. */
  readonly from: number;
  readonly to: number;
  /** Of the plotted area, in pixels. */
  readonly width: number;
  /** Pixels from the left end of the plotted area. */
  readonly x: (at: number) => number;
  readonly ticks: TimeTicks;
  readonly colours: ReadonlyMap<string, Colour>;
}

export interface Times {
  readonly from: number;
  readonly to: number;
}

/** Far outside, a line looks the same wherever it goes. */
const pixelMax = 1e5;

export function columns(panels: readonly Panel[], { from, to }: Times, width: number): Columns {
  const x = (at: number) => ((at - from) / (to - from)) * width;
  return {
    from,
    to,
    width,
    x: (at) => Math.max(-pixelMax, Math.min(pixelMax, x(at))),
    ticks: timeTicks(from, to, width),
    colours: coloursOf(panels),
  };
}

/** The colour of a mark or a span. */
export const toneOf = ({ colours }: Columns, { colour, series = '' }: Pick<Mark, 'colour' | 'series'>): Colour =>
  colour ?? colours.get(series) ?? 'muted';

const hourMs = 3_600_000;
/** The range of `Date`. */
const timeMax = 8.64e15;

/** The times asked for, or else from the first to the last that any panel shows; `null` if there is none. */
export function timesOf(panels: readonly Panel[], asked: Partial<Times>): Times | null {
  const all = panels.flatMap(timesIn).filter((at) => Math.abs(at) <= timeMax);
  const first = asked.from ?? all.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const last = asked.to ?? all.reduce((greatest, at) => Math.max(greatest, at), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(first) || !Number.isFinite(last)) return null;
  return last > first ? { from: first, to: last } : { from: first - hourMs, to: first + hourMs };
}

const timesIn = ({ series, marks = [], spans = [] }: Panel): readonly number[] => [
  ...series.flatMap(({ line = [], band = [], readings = [] }) => [
    ...line.map(([at]) => at),
    ...[...band, ...readings].map(({ at }) => at),
  ]),
  ...marks.map(({ at }) => at),
  ...spans.flatMap(({ from, to }) => [from, to]),
];
