/** One panel: its heading, its grid, what it shows, and the names around it. */
import { type Columns, toneOf } from './columns.js';
import { drawFlag, type Flag, flagSizePx, flagsHeight, placeFlags } from './flags.js';
import { isInside, layers } from './layers.js';
import { legend } from './legend.js';
import type { Panel } from './panel.js';
import { drawKeysBeside, keysFit, type PanelKey } from './panel-keys.js';
import { type Svg, svg } from './svg.js';
import { shortened, textWidth } from './text.js';
import type { ValueAxis } from './value-axis.js';

export interface PanelPlan {
  readonly panel: Panel;
  readonly height: number;
  readonly axis: ValueAxis;
  readonly keys: readonly PanelKey[];
}

export interface DrawnPanel {
  readonly body: Svg;
  readonly plotTop: number;
  readonly plotBottom: number;
}

/** Where the plotted area begins, and how far beyond it the sheet may be written on. */
export interface Sides {
  readonly left: number;
  readonly right: number;
}

const headingPx = 20;
const headroomPx = 8;
const headingSizePx = 13;
const flagWidthMax = 180;

export function drawPanel(
  { panel, height, axis, keys }: PanelPlan,
  columns: Columns,
  sides: Sides,
  top: number,
): DrawnPanel {
  const { width } = columns;
  const { left } = sides;
  const beside = keysFit(keys, height);
  const rows = legend(beside ? [] : keys, width + sides.right);
  const title = drawTitle(panel, width + sides.right);
  const rowsTop = title === null ? 0 : headingPx;
  const flags = placeFlags(flagsOf(panel, columns), width + sides.right);
  const plotTop = top + rowsTop + rows.height + flagsHeight(flags) + headroomPx;
  const body = svg`<g transform="translate(${left},${top})">${title}${rows.draw(0, rowsTop)}</g>
<g transform="translate(${left},${plotTop})">
<path class="grid" d="${axis.ticks.map(({ y }) => svg`M0,${y}H${width}`)}${columns.ticks.major.map(({ at }) => svg`M${columns.x(at)},0V${height}`)}"/>
${axis.ticks.map(({ y, label }) => svg`<text class="tick end" x="-8" y="${y + 4}">${label}</text>`)}
${layers(panel, { x: columns.x, y: axis.y, width, height }, columns)}
${flags.map(drawFlag)}${beside && drawKeysBeside(keys, width, height)}${axis.empty && svg`<text class="note mid" x="${width / 2}" y="${height / 2 + 4}">no data</text>`}
</g>
`;
  return { body, plotTop, plotBottom: plotTop + height };
}

/** The title and beside it what is measured, instead of a label that must be read sideways. */
function drawTitle({ title = '', y }: Panel, widthMax: number): Svg | null {
  const name = shortened(title, headingSizePx * 1.08, widthMax);
  const nameWidth = name === '' ? 0 : textWidth(name, headingSizePx * 1.08) + 10;
  const measured = [y?.label, y?.scale === 'log' && 'logarithmic'].filter(Boolean).join(', ');
  const measure = shortened(measured, headingSizePx, Math.max(0, widthMax - nameWidth));
  if (name === '' && measure === '') return null;
  return svg`<text class="heading" y="12">${name}<tspan class="measure"${name !== '' && svg` dx="10"`}>${measure}</tspan></text>`;
}

/** A span that began before the figure has its label where it comes into view. */
function flagsOf({ marks = [], spans = [] }: Panel, columns: Columns): readonly Flag[] {
  const starts = spans
    .filter(({ to }) => to > columns.from)
    .map((span) => ({ ...span, at: Math.max(span.from, columns.from) }));
  return [...marks, ...starts].flatMap((each) => {
    if (!each.label || !isInside(each.at, columns)) return [];
    const label = shortened(each.label, flagSizePx, flagWidthMax);
    return [{ x: columns.x(each.at), label, colour: toneOf(columns, each) }];
  });
}
