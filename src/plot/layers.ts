/** What lies in the plotted area of a panel, from the back to the front. */
import { type Columns, toneOf } from './columns.js';
import type { Mark, Measurement, Panel, Reference, Series, Span } from './panel.js';
import { bandPath, linePaths, type Scale } from './paths.js';
import { type Svg, svg } from './svg.js';
import { colourClass } from './theme.js';
import { thinned } from './thin.js';

/** Ends of lines, and dots at the edge, are not cut in half. */
const overhangPx = 4;

export function layers(panel: Panel, place: Scale, columns: Columns): Svg {
  const { marks = [], spans = [], references = [], series } = panel;
  const width = place.width + 2 * overhangPx;
  const height = place.height + 2 * overhangPx;
  return svg`<svg x="${-overhangPx}" y="${-overhangPx}" width="${width}" height="${height}" viewBox="${-overhangPx} ${-overhangPx} ${width} ${height}">
${spans.map((each) => drawSpan(each, place, columns))}
${series.map((each) => drawBand(each, place, columns))}
${references.map((each) => drawReference(each, place))}
${marks.map((each) => drawMark(each, place, columns))}
${series.map((each) => drawLine(each, place, columns))}
${series.map((each) => drawReadings(each, place, columns))}
</svg>`;
}

export const isInside = (at: number, { from, to }: Columns): boolean => at >= from && at <= to;

/** What is inside, and one neighbour on either side, so that lines run on to the edges. */
function around<T>(items: readonly T[], timeOf: (item: T) => number, { from, to }: Columns): readonly T[] {
  const first = items.findIndex((item) => timeOf(item) >= from);
  const last = items.findLastIndex((item) => timeOf(item) <= to);
  if (first < 0) return items.slice(-1);
  return items.slice(Math.max(0, first - 1), last + 2);
}

const classOf = ({ colour, name }: Series, { colours }: Columns): string =>
  colourClass(colour ?? colours.get(name) ?? 0);

function drawSpan(span: Span, { x, width, height }: Scale, columns: Columns): Svg | null {
  const left = Math.max(0, x(span.from));
  const right = Math.min(width, x(span.to));
  if (!(right > left)) return null;
  return svg`<g class="${colourClass(toneOf(columns, span))}"><path class="span" d="M${left},0H${right}V${height}H${left}Z"/><path class="edge" d="M${left},-2H${right}V0H${left}Z"/></g>\n`;
}

function drawBand(series: Series, place: Scale, columns: Columns): Svg | null {
  if (series.band === undefined) return null;
  const ranges = around(series.band, ({ at }) => at, columns);
  return svg`<path class="band ${classOf(series, columns)}" d="${bandPath(ranges, place, series.step ?? false)}"/>\n`;
}

function drawReference({ value, colour = 'muted' }: Reference, { y, width }: Scale): Svg | null {
  const level = y(value);
  return level === null ? null : svg`<path class="reference ${colourClass(colour)}" d="M0,${level}H${width}"/>\n`;
}

function drawMark(mark: Mark, { x, height }: Scale, columns: Columns): Svg | null {
  if (!isInside(mark.at, columns)) return null;
  return svg`<path class="mark ${colourClass(toneOf(columns, mark))}" d="M${x(mark.at)},0V${height}"/>\n`;
}

function drawLine(series: Series, place: Scale, columns: Columns): Svg | null {
  if (series.line === undefined) return null;
  const samples = around(series.line, ([at]) => at, columns);
  const { line, lone } = linePaths(samples, place, series.step ?? false);
  const tone = classOf(series, columns);
  return svg`${line && svg`<path class="line ${tone}${series.dashed && ' dashed'}" d="${line}"/>\n`}${lone && svg`<path class="lone ${tone}" d="${lone}"/>\n`}`;
}

function drawReadings(series: Series, place: Scale, columns: Columns): Svg | null {
  const shown = (series.readings ?? []).flatMap((reading) => {
    const y = place.y(reading.value);
    return y === null || !isInside(reading.at, columns) ? [] : [{ x: place.x(reading.at), y, reading }];
  });
  if (shown.length === 0) return null;
  const kept = thinned(shown);
  const bars = kept.map(({ x, reading }) => errorBar(reading, x, place));
  const dots = kept.map(({ x, y }) => svg`<circle class="dot" cx="${x}" cy="${y}" r="2.75"/>`);
  return svg`<g class="${classOf(series, columns)}"><path class="error" d="${bars}"/>${dots}</g>\n`;
}

function errorBar({ value, low, high }: Measurement, x: number, { y, height }: Scale): Svg | null {
  const top = y(high ?? value);
  const bottom = y(low ?? value) ?? height;
  return top === null || top === bottom ? null : svg`M${x},${top}V${bottom}`;
}
