/** Samples become paths: gaps split them, pixels thin them. */
import type { Range, Sample } from './panel.js';
import { numeral } from './svg.js';
import { type Point, thinned } from './thin.js';

/** Where times and values are, in pixels of the plotted area. */
export interface Scale {
  readonly x: (at: number) => number;
  readonly y: (value: number | null | undefined) => number | null;
  readonly width: number;
  readonly height: number;
}

export interface LinePaths {
  readonly line: string;
  /** Points between two gaps, which a line cannot show: lines of no length, dots if their ends are round. */
  readonly lone: string;
}

export function linePaths(samples: readonly Sample[], place: Scale, step: boolean): LinePaths {
  const points = samples.map(([at, value]) => {
    const x = place.x(at);
    const y = place.y(value);
    return { x, shown: y === null ? null : { x, y } };
  });
  const all = runs(points, step).map((run) => thinned(run));
  return {
    line: all
      .filter(({ length }) => length > 1)
      .map((run) => lineOf(run, step))
      .join(''),
    lone: all
      .filter(({ length }) => length === 1)
      .map(([point]) => `M${pointText(point as Point)}h0`)
      .join(''),
  };
}

interface Slice {
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
}

export function bandPath(ranges: readonly Range[], place: Scale, step: boolean): string {
  const slices = ranges.map(({ at, low, high }) => {
    const x = place.x(at);
    const top = place.y(high);
    const bottom = bottomOf(low, place);
    return { x, shown: top === null || bottom === null ? null : { x, top, bottom } };
  });
  return runs(slices, step)
    .map((run) => areaOf(widened(run), step))
    .join('');
}

/** On a logarithmic axis a bound of zero or less is infinitely far down. */
const bottomOf = (low: number | null, place: Scale): number | null =>
  place.y(low) ?? (low !== null && low <= 0 ? place.height : null);

/** A gap narrower than a pixel does not split: it could not be seen, and thousands of them would swell the file. */
function runs<T extends { readonly x: number }>(
  items: ReadonlyArray<{ readonly x: number; readonly shown: T | null }>,
  step: boolean,
): readonly (readonly T[])[] {
  const all: T[][] = [];
  let run: T[] = [];
  let broken = false;
  for (const { x, shown } of items) {
    const last = run.at(-1);
    if (shown === null) {
      if (step && !broken && last !== undefined) run.push({ ...last, x });
      broken = true;
      continue;
    }
    if (broken && last !== undefined && x - last.x >= 1) {
      all.push(run);
      run = [];
    }
    broken = false;
    run.push(shown);
  }
  if (run.length > 0) all.push(run);
  return all;
}

const pointText = ({ x, y }: Point): string => `${numeral(x)},${numeral(y)}`;

function lineOf([first, ...rest]: readonly Point[], step: boolean): string {
  if (first === undefined) return '';
  return step ? stepsOf(first, rest) : `M${pointText(first)}L${rest.map(pointText).join(' ')}`;
}

function stepsOf(first: Point, rest: readonly Point[]): string {
  let level = numeral(first.y);
  let path = `M${pointText(first)}`;
  for (const { x, y } of rest) {
    path += `H${numeral(x)}`;
    if (numeral(y) === level) continue;
    level = numeral(y);
    path += `V${level}`;
  }
  return path;
}

/** The slices of one column of pixels become its first and its last, each as wide as the widest of them. */
function widened(slices: readonly Slice[]): readonly Slice[] {
  const columns: { first: Slice; last: Slice; top: number; bottom: number }[] = [];
  for (const slice of slices) {
    const column = columns.at(-1);
    if (column === undefined || Math.floor(column.first.x) !== Math.floor(slice.x)) {
      columns.push({ first: slice, last: slice, top: slice.top, bottom: slice.bottom });
      continue;
    }
    column.last = slice;
    column.top = Math.min(column.top, slice.top);
    column.bottom = Math.max(column.bottom, slice.bottom);
  }
  return columns.flatMap(({ first, last, top, bottom }) =>
    first === last
      ? [first]
      : [
          { x: first.x, top, bottom },
          { x: last.x, top, bottom },
        ],
  );
}

function areaOf(slices: readonly Slice[], step: boolean): string {
  const upper = outline(slices, step, 'top');
  const lower = outline(slices, step, 'bottom').toReversed();
  return `M${[...upper, ...lower].map(pointText).join(' ')}Z`;
}

function outline(slices: readonly Slice[], step: boolean, side: 'top' | 'bottom'): readonly Point[] {
  return slices.flatMap((slice, i) => {
    const corner = { x: slice.x, y: slice[side] };
    const before = slices[i - 1];
    return step && before !== undefined ? [{ x: slice.x, y: before[side] }, corner] : [corner];
  });
}
