/** The document around every chart: ground, title, description and style. */
import { type Svg, svg } from './svg.js';
import { wrapped } from './text.js';
import { style } from './theme.js';

export const marginPx = 24;
/** Narrower than this, labels would take all the room. */
const widthMin = 320;
export const widthUsual = 900;

export interface Heading {
  readonly title: string;
  /** A sentence below the title; wrapped. */
  readonly subtitle?: string;
  /** Of the whole chart, in pixels; 900 unless given, at least 320. */
  readonly width?: number;
}

export const widthOf = ({ width = widthUsual }: Heading): number =>
  Number.isFinite(width) ? Math.max(widthMin, Math.round(width)) : widthUsual;

export interface DrawnHeading {
  /** Where what follows may begin. */
  readonly bottom: number;
  readonly body: Svg;
}

export function drawHeading(heading: Heading): DrawnHeading {
  const { title, subtitle = '' } = heading;
  const room = widthOf(heading) - 2 * marginPx;
  const titles = wrapped(title, 19, room);
  const notes = wrapped(subtitle, 13, room);
  const top = marginPx + 14;
  const noteTop = top + titles.length * 24 - 2;
  return {
    bottom: noteTop + notes.length * 19 - 12,
    body: svg`${titles.map((line, i) => svg`<text class="title" x="${marginPx}" y="${top + i * 24}">${line}</text>\n`)}${notes.map((line, i) => svg`<text class="note" x="${marginPx}" y="${noteTop + i * 19}">${line}</text>\n`)}`,
  };
}

/** The whole document; `description` is what somebody is told who cannot see it. */
export function sheet(title: string, description: string, width: number, height: number, body: Svg): string {
  return svg`<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${title}</title>
<desc>${description}</desc>
<style>${style}</style>
<rect class="ground" width="100%" height="100%"/>
${body}</svg>
`.text;
}
