/** Labels above a panel, each on a stem: rows are found so that no label covers another or the stem of another. */
import { type Svg, svg } from './svg.js';
import { textWidth } from './text.js';
import { type Colour, colourClass } from './theme.js';

export interface Flag {
  /** Where its stem stands. */
  readonly x: number;
  readonly label: string;
  readonly colour: Colour;
}

interface PlacedFlag extends Flag {
  /** 0 is the row next to the plotted area. */
  readonly row: number;
  /** The left end of the text. */
  readonly textX: number;
}

const rowPx = 15;
export const flagSizePx = 11;
const rowsMax = 4;
const gapPx = 4;

/**
 * Labels that do not all fit are written once each, with the number of their marks; what does not fit even then is left out.
 * Text may reach as far as `widthMax`.
 */
export function placeFlags(flags: readonly Flag[], widthMax: number): readonly PlacedFlag[] {
  const all = layoutFlags(flags, widthMax);
  if (all.length === flags.length) return all;
  return layoutFlags(counted(flags), widthMax);
}

export const flagsHeight = (placed: readonly PlacedFlag[]): number =>
  placed.reduce((rows, { row }) => Math.max(rows, row + 1), 0) * rowPx;

/** Drawn upwards from the top of the plotted area, which is at 0. */
export function drawFlag({ x, textX, row, label, colour }: PlacedFlag): Svg {
  const rise = row * rowPx;
  return svg`<g class="${colourClass(colour)}"><path class="stem" d="M${x},0v${-rise - 13}"/><text class="flag" x="${textX}" y="${-rise - 5}">${label}</text></g>
`;
}

function counted(flags: readonly Flag[]): readonly Flag[] {
  const firsts = new Map<string, { flag: Flag; count: number }>();
  for (const flag of flags) {
    const first = firsts.get(flag.label);
    if (first === undefined) firsts.set(flag.label, { flag, count: 1 });
    else first.count++;
  }
  return [...firsts.values()].map(({ flag, count }) =>
    count === 1 ? flag : { ...flag, label: `${flag.label} (${count}×)` },
  );
}

interface Slot {
  readonly from: number;
  readonly to: number;
}

/** From right to left: a label reaches over the stems to its right, which must therefore be the shorter ones. */
function layoutFlags(flags: readonly Flag[], widthMax: number): readonly PlacedFlag[] {
  const rows: Slot[][] = Array.from({ length: rowsMax }, () => []);
  const placed: PlacedFlag[] = [];
  for (const flag of flags.toSorted((a, b) => b.x - a.x)) {
    const width = textWidth(flag.label, flagSizePx);
    const textX = flag.x + gapPx + width <= widthMax ? flag.x + gapPx : flag.x - gapPx - width;
    const text = { from: Math.min(textX, flag.x) - gapPx, to: Math.max(textX + width, flag.x) + gapPx };
    const stem = { from: flag.x - 1, to: flag.x + 1 };
    const row = rows.findIndex((_, i) => free(rows[i], text) && rows.slice(0, i).every((lower) => free(lower, stem)));
    if (row < 0) continue;
    rows[row]?.push(text);
    for (const lower of rows.slice(0, row)) lower.push(stem);
    placed.push({ ...flag, row, textX });
  }
  return placed.toReversed();
}

const free = (taken: readonly Slot[] = [], { from, to }: Slot): boolean =>
  taken.every((other) => to <= other.from || from >= other.to);
