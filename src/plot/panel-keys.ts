/** The names at the right of a panel, each beside the end of what it names. */
import type { Columns } from './columns.js';
import { drawKey, type Key, keySizePx, referenceKey, seriesKey } from './keys.js';
import type { Panel, Sample, Series } from './panel.js';
import { spread } from './spread.js';
import { type Svg, svg } from './svg.js';
import { shortened } from './text.js';
import { colourClass } from './theme.js';
import type { ValueAxis } from './value-axis.js';

export interface PanelKey extends Key {
  /** Where what it names ends, in pixels of the plotted area. */
  readonly x: number;
  readonly y: number;
}

const distancePx = 16;
export const keyGapPx = 18;
/** A line that ends this near to its name needs no leader. */
const nearPx = 3;

/** Whether all names find room beside the plotted area. */
export const keysFit = (keys: readonly PanelKey[], heightPx: number): boolean =>
  (keys.length - 1) * distancePx <= heightPx;

export function panelKeys(panel: Panel, axis: ValueAxis, columns: Columns, labelWidthMax: number): readonly PanelKey[] {
  const name = (text: string) => shortened(text, keySizePx, labelWidthMax);
  const references = (panel.references ?? []).flatMap((reference): PanelKey[] => {
    const y = axis.y(reference.value);
    if (y === null || reference.label === undefined) return [];
    return [{ ...referenceKey(reference, name(reference.label)), x: columns.width, y }];
  });
  const series = panel.series.flatMap((each): PanelKey[] => {
    const end = endOf(each, axis, columns);
    if (end === null) return [];
    return [{ ...seriesKey(each, name(each.name), columns.colours.get(each.name) ?? 0), ...end }];
  });
  return [...references, ...series];
}

/** The end of the line if there is one, else the last reading, else the middle of the end of the band. */
function endOf({ line = [], band = [], readings = [] }: Series, axis: ValueAxis, { from, to, x }: Columns) {
  const middle = (low: number | null, high: number | null) => (low === null || high === null ? null : (low + high) / 2);
  const candidates: readonly (readonly Sample[])[] = [
    line,
    readings.map(({ at, value }): Sample => [at, value]),
    band.map(({ at, low, high }): Sample => [at, middle(low, high)]),
  ];
  for (const samples of candidates) {
    const last = samples.findLast(([at, value]) => at >= from && at <= to && axis.y(value) !== null);
    if (last !== undefined) return { x: x(last[0]), y: axis.y(last[1]) ?? 0 };
  }
  return null;
}

/** Drawn to the right of the plotted area, whose upper left corner is at 0, 0. */
export function drawKeysBeside(keys: readonly PanelKey[], width: number, height: number): readonly Svg[] {
  const wanted = keys.map(({ y }) => Math.max(0, Math.min(height, y)));
  const found = spread(wanted, distancePx, 0, height);
  return keys.map((key, i) => {
    const from = wanted[i] as number;
    const to = found[i] as number;
    const early = width - key.x > nearPx;
    const leader = svg`<g class="${colourClass(key.colour)}">${early && svg`<path class="leader" stroke-dasharray="1 3" d="M${key.x + 4},${from}H${width}"/>`}<path class="leader" d="M${width + 2},${from}C${width + 9},${from} ${width + 7},${to} ${width + keyGapPx - 4},${to}"/></g>`;
    return svg`${leader}${drawKey(key, width + keyGapPx, to)}\n`;
  });
}
