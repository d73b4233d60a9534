/** What names a series or a reference: a small picture of how it is drawn, and its label. */
import type { Reference, Series } from './panel.js';
import { type Svg, svg } from './svg.js';
import { textWidth } from './text.js';
import { type Colour, colourClass } from './theme.js';

export interface Key {
  readonly label: string;
  readonly colour: Colour;
  readonly glyph: Svg;
}

export const keySizePx = 12;
const glyphPx = 16;
const glyphGapPx = 5;

export const keyWidth = ({ label }: Key): number => glyphPx + glyphGapPx + textWidth(label, keySizePx);

export function seriesKey({ line, dashed, band, readings, ...series }: Series, label: string, colour: Colour): Key {
  const glyph = svg`${band && svg`<path class="band" d="M0,-5H${glyphPx}V5H0Z"/>`}${line && svg`<path class="line${dashed && ' dashed'}" d="M0,0H${glyphPx}"/>`}${readings && svg`<path class="error" d="M8,-5V5"/><circle class="dot" cx="8" r="2.75"/>`}`;
  return { label, colour: series.colour ?? colour, glyph };
}

export const referenceKey = ({ colour = 'muted' }: Reference, label: string): Key => ({
  label,
  colour,
  glyph: svg`<path class="reference" d="M0,0H${glyphPx}"/>`,
});

export const barKey = (label: string, colour: Colour, pale: boolean): Key => ({
  label,
  colour,
  glyph: svg`<path class="bar${pale && ' pale'}" d="M3,-5H13V5H3Z"/>`,
});

/** Drawn with its left end at `x` and its middle at `y`. */
export function drawKey({ label, colour, glyph }: Key, x: number, y: number): Svg {
  return svg`<g class="${colourClass(colour)}" transform="translate(${x},${y})">${glyph}<text class="name" x="${glyphPx + glyphGapPx}" y="4">${label}</text></g>`;
}
