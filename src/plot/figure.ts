/** Panels above each other along one axis of time, as an SVG document. */
import { instantText } from '../text/time.js';
import { type Columns, columns, type Times, timesOf } from './columns.js';
import { drawPanel, type PanelPlan, type Sides } from './draw-panel.js';
import { keyWidth } from './keys.js';
import type { Panel } from './panel.js';
import { keyGapPx, keysFit, panelKeys } from './panel-keys.js';
import { drawHeading, type Heading, marginPx, sheet, widthOf } from './sheet.js';
import { type Svg, svg } from './svg.js';
import { textWidth } from './text.js';
import { type ValueAxis, valueAxis } from './value-axis.js';

export interface Figure extends Heading, Partial<Times> {
  readonly panels: readonly Panel[];
  /** For those who cannot see it; unless given, the panels, their series and their times. */
  readonly description?: string;
}

const panelGapPx = 26;
const heightAlone = 300;
const heightOfMany = 190;
const axisPx = 40;
const tickGapPx = 8;
/** So that the zone and the year, left of the axis of time, do not meet its first label. */
const zonePx = 46;
/** Names take at most this part of the width; beyond, they are shortened. */
const labelPart = 0.24;

/**
 * Draws a figure. The times are those of `from` and `to`, in milliseconds since 1970, UTC, or else all that the panels show.
 *
 * ```ts
 * const text = figure({
 *   title: 'A week of one quota',
 *   panels: [
 *     {
 *       title: 'Quota',
 *       y: { label: 'used of the window', unit: 'percent' },
 *       series: [
 *         { name: 'estimate', line: [[at, 40], [later, 41.5]], band: [{ at, low: 38, high: 42 }] },
 *         { name: 'readings', readings: [{ at, value: 41, low: 40.5, high: 41.5 }] },
 *       ],
 *       marks: [{ at: later, label: 'reset' }],
 *       references: [{ value: 100, label: 'full', colour: 'bad' }],
 *     },
 *   ],
 * });
 * ```
 */
export function figure(spec: Figure): string {
  const width = widthOf(spec);
  const times = timesOf(spec.panels, spec);
  const head = drawHeading(spec);
  const { plans, shared, sides } = plan(spec.panels, times ?? { from: 0, to: 1 }, width);
  const bodies: Svg[] = [head.body];
  let bottom = head.bottom;
  for (const each of plans) {
    const drawn = drawPanel(each, shared, sides, bottom + panelGapPx);
    bodies.push(drawn.body);
    bottom = drawn.plotBottom;
  }
  if (times !== null && plans.length > 0) {
    bodies.push(drawTimeAxis(shared, sides.left, bottom));
    bottom += axisPx;
  }
  return sheet(spec.title, spec.description ?? describe(spec.panels, times), width, bottom + marginPx, svg`${bodies}`);
}

/** The sides depend on what is written there, and the plotted area is what they leave. */
function plan(panels: readonly Panel[], times: Times, width: number) {
  const height = (panel: Panel) => Math.max(60, panel.height ?? (panels.length > 1 ? heightOfMany : heightAlone));
  const axes = panels.map((panel) => valueAxis(panel, height(panel), times.from, times.to));
  const labels = axes.flatMap(({ ticks }) => ticks.map(({ label }) => textWidth(label, 11)));
  const left = marginPx + tickGapPx + Math.ceil(widest([zonePx, ...labels]));
  const keysAt = (shared: Columns) =>
    panels.map((panel, i) => panelKeys(panel, axes[i] as ValueAxis, shared, width * labelPart));
  const beside = keysAt(columns(panels, times, 1)).filter((keys, i) => keysFit(keys, height(panels[i] as Panel)));
  const right = beside.flat().length === 0 ? 0 : Math.ceil(keyGapPx + widest(beside.flat().map(keyWidth)));
  const shared = columns(panels, times, width - left - right - marginPx);
  const keys = keysAt(shared);
  const plans = panels.map(
    (panel, i): PanelPlan => ({ panel, height: height(panel), axis: axes[i] as ValueAxis, keys: keys[i] ?? [] }),
  );
  const sides: Sides = { left, right };
  return { plans, shared, sides };
}

const widest = (widths: readonly number[]): number => widths.reduce((a, b) => Math.max(a, b), 0);

function drawTimeAxis({ ticks, x, width }: Columns, left: number, top: number): Svg {
  const { major, minor, year } = ticks;
  const hourHalfPx = 17;
  return svg`<g transform="translate(${left},${top})">
<path class="axis" d="M0,0H${width}${major.map(({ at }) => svg`M${x(at)},0v5`)}${minor.map((at) => svg`M${x(at)},0v3`)}"/>
${major.map(({ at, upper, lower }) => svg`<text class="tick mid" x="${x(at)}" y="19">${upper}</text>${lower !== null && (year === null ? svg`<text class="tick" x="${x(at) - hourHalfPx}" y="34">${lower}</text>` : svg`<text class="tick mid" x="${x(at)}" y="34">${lower}</text>`)}\n`)}<text class="tick" x="${marginPx - left}" y="19">UTC</text>${year !== null && svg`<text class="tick" x="${marginPx - left}" y="34">${year}</text>`}
</g>
`;
}

function describe(panels: readonly Panel[], times: Times | null): string {
  const when = times === null ? 'No data.' : `From ${instantText(times.from)} to ${instantText(times.to)}.`;
  const what = panels.map(({ title = 'Panel', y, series }) => {
    const measure = y?.label === undefined ? '' : ` (${y.label})`;
    return `${title}${measure}: ${series.map(({ name }) => name).join(', ') || 'no series'}.`;
  });
  return [when, ...what].join(' ');
}
