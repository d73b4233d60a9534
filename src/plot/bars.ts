/** Bars side by side in groups, from the left, as an SVG document: what each agent used of what it was entitled to. */
import { unknownText } from '../text/number.js';
import { barKey } from './keys.js';
import { legend } from './legend.js';
import { drawHeading, type Heading, marginPx, sheet, widthOf } from './sheet.js';
import { type Svg, svg } from './svg.js';
import { shortened, textWidth } from './text.js';
import { type Colour, colourClass } from './theme.js';
import { isFlat, linearTicks, stepFor } from './ticks.js';
import { tickText, type Unit, valueText } from './units.js';

export interface BarSeries {
  readonly name: string;
  readonly colour?: Colour;
  /** Drawn pale, as what others are compared with. */
  readonly pale?: boolean;
}

export interface BarGroup {
  readonly name: string;
  /** One for each series, in their order; `null` if not known. */
  readonly values: readonly (number | null)[];
}

export interface Bars extends Heading {
  /** What the bars measure. */
  readonly label?: string;
  /** `number` unless given. */
  readonly unit?: Unit;
  readonly series: readonly BarSeries[];
  readonly groups: readonly BarGroup[];
  /** For those who cannot see it; unless given, all values in words. */
  readonly description?: string;
}

const barPx = 14;
const barGapPx = 3;
const groupGapPx = 16;
const tickRoomPx = 80;
const valueGapPx = 6;
const namePart = 0.3;

/**
 * Draws grouped bars with their values.
 *
 * ```ts
 * const text = bars({
 *   title: 'Used against entitlement',
 *   unit: 'usd',
 *   series: [{ name: 'used' }, { name: 'entitled', pale: true }],
 *   groups: [{ name: 'iris', values: [12.4, 20] }, { name: 'otto', values: [31, 20] }],
 * });
 * ```
 */
export function bars(spec: Bars): string {
  const { unit = 'number', groups, series } = spec;
  const width = widthOf(spec);
  const head = drawHeading(spec);
  const step = labelStep(spec);
  const texts = groups.map(({ values }) => series.map((_, i) => textOf(values[i], unit, step)));
  const nameMax = width * namePart;
  const names = groups.map(({ name }) => shortened(name, 12, nameMax));
  const left = marginPx + 12 + widest(names, 12);
  const plotWidth = width - left - marginPx - valueGapPx - widest(texts.flat(), 11);
  const axis = barAxis(spec, plotWidth);
  const keys = series.map(({ name, colour, pale = false }, i) =>
    barKey(shortened(name, 12, nameMax), colour ?? i, pale),
  );
  const rows = legend(series.length > 1 ? keys : [], width - left - marginPx);
  const legendTop = head.bottom + 14;
  const labelTop = legendTop + rows.height + (rows.height > 0 ? 4 : 0);
  const plotTop = labelTop + (spec.label === undefined ? 6 : 26);
  const groupHeight = series.length * (barPx + barGapPx) - barGapPx;
  const plotHeight = groups.length * (groupHeight + groupGapPx);
  const drawn = groups.map((group, g) => {
    const top = g * (groupHeight + groupGapPx) + groupGapPx / 2;
    return svg`<text class="end" x="-12" y="${top + groupHeight / 2 + 4}">${names[g]}</text>
${series.map((each, s) => drawBar(each, s, group.values[s], texts[g]?.[s] ?? '', axis, top + s * (barPx + barGapPx)))}`;
  });
  const body = svg`${head.body}${rows.draw(left, legendTop)}${spec.label !== undefined && svg`<text class="note" x="${left}" y="${labelTop + 14}">${shortened(spec.label, 13, width - left - marginPx)}</text>`}
<g transform="translate(${left},${plotTop})">
<path class="grid" d="${axis.ticks.map((value) => svg`M${axis.x(value)},0V${plotHeight}`)}"/>
${drawn}
<path class="axis" d="M${axis.x(0)},0V${plotHeight}"/>
${axis.ticks.map((value) => svg`<text class="tick mid" x="${axis.x(value)}" y="${plotHeight + 17}">${tickText(value, unit, axis.step)}</text>`)}
${groups.length === 0 && svg`<text class="note" x="0" y="0">no data</text>`}</g>
`;
  return sheet(
    spec.title,
    spec.description ?? describe(spec, texts),
    width,
    plotTop + plotHeight + 24 + marginPx,
    body,
  );
}

interface BarAxis {
  readonly x: (value: number) => number;
  readonly ticks: readonly number[];
  readonly step: number;
}

/** Bars begin at zero, always: their lengths are what is compared. */
function barAxis({ groups, unit = 'number' }: Bars, width: number): BarAxis {
  const values = groups.flatMap((group) => group.values).filter(isKnown);
  const low = Math.min(0, ...values);
  const greatest = Math.max(0, ...values);
  const high = isFlat(low, greatest) ? low + 1 : greatest;
  const step = stepFor(high - low, Math.max(2, Math.floor(width / tickRoomPx)), unit);
  const x = (value: number) => ((value - low) / (high - low)) * width;
  return { x, ticks: linearTicks(low, high, step), step };
}

const valueMax = 1e15;
const isKnown = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined && Math.abs(value) <= valueMax;

const textOf = (value: number | null | undefined, unit: Unit, step: number | undefined): string =>
  !isKnown(value) ? unknownText : step === undefined ? valueText(value, unit) : tickText(value, unit, step);

/** Numbers that are compared have the same decimals; money and durations have their own. */
function labelStep({ groups, unit = 'number' }: Bars): number | undefined {
  if (unit !== 'number' && unit !== 'percent') return undefined;
  const values = groups.flatMap((group) => group.values).filter(isKnown);
  if (values.every(Number.isInteger)) return undefined;
  const greatest = Math.max(...values.map(Math.abs));
  return greatest >= 1e3 ? undefined : stepFor(greatest, 10, 'number') / 100;
}

function drawBar(
  { colour, pale }: BarSeries,
  index: number,
  value: number | null | undefined,
  text: string,
  { x }: BarAxis,
  top: number,
): Svg {
  const known = isKnown(value) ? value : 0;
  const end = x(Math.max(0, known));
  const start = x(Math.min(0, known));
  return svg`<rect class="bar ${colourClass(colour ?? index)}${pale && ' pale'}" x="${start}" y="${top}" width="${end - start}" height="${barPx}"/><text class="tick" x="${end + valueGapPx}" y="${top + 11}">${text}</text>\n`;
}

const widest = (texts: readonly string[], sizePx: number): number =>
  Math.ceil(texts.reduce((width, text) => Math.max(width, textWidth(text, sizePx)), 0));

function describe({ groups, series }: Bars, texts: readonly (readonly string[])[]): string {
  const sentences = groups.map(({ name }, g) => {
    const values = series.map((each, s) => `${each.name} ${texts[g]?.[s]}`);
    return `${name}: ${values.join(', ')}.`;
  });
  return sentences.join(' ') || 'No data.';
}
