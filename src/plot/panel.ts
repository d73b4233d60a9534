/** What a panel of a figure shows. All times are milliseconds since 1970, UTC; all lists are in order of time. */
import type { Colour } from './theme.js';
import type { Unit } from './units.js';

/** A value that is `null` or not finite leaves a gap; so does one at or below zero on a logarithmic axis. */
export type Sample = readonly [at: number, value: number | null];

/** From a low to a high bound, such as p10 to p90 or one standard deviation to either side. */
export interface Range {
  readonly at: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** A measured value; `low` and `high` are the ends of its error bar. */
export interface Measurement {
  readonly at: number;
  readonly value: number | null;
  readonly low?: number | null;
  readonly high?: number | null;
}

/** One thing under one name in one colour: any of a line, a band and readings. */
export interface Series {
  /** Written at the end of the line or in a legend. Series of one name have one colour in all panels. */
  readonly name: string;
  readonly colour?: Colour;
  readonly line?: readonly Sample[];
  /** A value holds until the next sample, instead of moving towards it. */
  readonly step?: boolean;
  readonly dashed?: boolean;
  readonly band?: readonly Range[];
  readonly readings?: readonly Measurement[];
}

/** A vertical line: a reset, a pause, a change of policy. */
export interface Mark {
  readonly at: number;
  /** Marks that share a label too often for the space have it written once, with their number. */
  readonly label?: string;
  /** The name of the series that it concerns, whose colour it takes. */
  readonly series?: string;
  /** That of the series, or `muted`, unless given. */
  readonly colour?: Colour;
}

/** A shaded time: a window is full, an agent is paused. The ends may be infinite. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly label?: string;
  /** The name of the series that it concerns, whose colour it takes. */
  readonly series?: string;
  /** That of the series, or `muted`, unless given. */
  readonly colour?: Colour;
}

/** A horizontal line, such as 100 %. The axis reaches it. */
export interface Reference {
  readonly value: number;
  readonly label?: string;
  /** `muted` unless given. */
  readonly colour?: Colour;
}

export interface Axis {
  /** What is measured, with anything the unit does not say: `used of the window`. */
  readonly label?: string;
  /** `number` unless given. */
  readonly unit?: Unit;
  /** `linear` unless given, and then including zero unless `from` is given. */
  readonly scale?: 'linear' | 'log';
  readonly from?: number;
  readonly to?: number;
}

export interface Panel {
  readonly title?: string;
  readonly y?: Axis;
  /** Of the plotted area, in pixels. */
  readonly height?: number;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  readonly spans?: readonly Span[];
  readonly references?: readonly Reference[];
}

/** Colours by name, so that a series keeps its colour from panel to panel. */
export function coloursOf(panels: readonly Panel[]): ReadonlyMap<string, Colour> {
  const colours = new Map<string, Colour>();
  const all = panels.flatMap((panel) => panel.series);
  for (const { name, colour } of all) if (colour !== undefined && !colours.has(name)) colours.set(name, colour);
  const taken = new Set(colours.values());
  let next = 0;
  for (const { name } of all) {
    if (colours.has(name)) continue;
    while (taken.has(next)) next++;
    colours.set(name, next++);
  }
  return colours;
}
