/** Colours and type of all charts, light and dark. They are those of the web pages, so that a chart may stand on one. */
import { Markup } from '../text/template.js';

/** A place in the palette, counted from 0 and wrapping round, or a colour with a meaning. */
export type Colour = number | 'text' | 'muted' | 'good' | 'warn' | 'bad';

interface Theme {
  readonly surface: string;
  readonly line: string;
  readonly text: string;
  readonly muted: string;
  readonly good: string;
  readonly warn: string;
  readonly bad: string;
  readonly palette: readonly string[];
}

/** Every colour has a contrast of at least 4.5 to its surface, because names are written in it. */
export const light: Theme = {
  surface: '#ffffff',
  line: '#dfe3e8',
  text: '#1a2129',
  muted: '#5b6672',
  good: '#1d7a46',
  warn: '#9a5b00',
  bad: '#b3261e',
  palette: ['#2457c5', '#b84a14', '#00776a', '#9c3587', '#7d6100', '#1b7499', '#64549f', '#8a4b3c'],
};

export const dark: Theme = {
  surface: '#1a2027',
  line: '#2d3640',
  text: '#e6eaef',
  muted: '#9aa6b2',
  good: '#6fd39b',
  warn: '#f0bd6a',
  bad: '#ff8f86',
  palette: ['#7aa7ff', '#f0935a', '#43c6ae', '#e58fd4', '#d9b94f', '#6fc3ea', '#b5a6f2', '#d9a08f'],
};

/** After one round of the palette, lines are dotted. */
export function colourClass(colour: Colour): string {
  if (typeof colour !== 'number') return `c-${colour}`;
  const { length } = light.palette;
  return colour < length ? `c${colour}` : `c${colour % length} again`;
}

function colours(theme: Theme): Readonly<Record<string, string>> {
  const { palette, surface, line, ...named } = theme;
  return {
    surface,
    line,
    ...Object.fromEntries(Object.entries(named).map(([name, value]) => [`c-${name}`, value])),
    ...Object.fromEntries(palette.map((value, i) => [`c${i}`, value])),
  };
}

const variables = (theme: Theme): string =>
  Object.entries(colours(theme))
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');

/** Converters that know no CSS variables take the first of the two declarations. */
const paint = (property: string, name: string): string =>
  `${property}:${colours(light)[name]};${property}:var(--${name})`;

const classes = Object.keys(colours(light)).filter((name) => name.startsWith('c'));

/** Rules are scoped to the chart: in a page its neighbours have classes of their own. */
export const style = new Markup(`
.plot{${variables(light)};max-width:100%;height:auto}
@media (prefers-color-scheme:dark){.plot{${variables(dark)}}}
.plot text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;${paint('fill', 'c-text')};white-space:pre}
${classes.map((name) => `.plot .${name}{${paint('color', name)}}`).join('\n')}
.plot .ground{${paint('fill', 'surface')}}
.plot text.title{font-size:18px;font-weight:600}
.plot text.heading{font-size:13px;font-weight:600}
.plot text.note{font-size:13px;${paint('fill', 'c-muted')}}
.plot tspan.measure{font-weight:400;${paint('fill', 'c-muted')}}
.plot text.tick{font-size:11px;${paint('fill', 'c-muted')}}
.plot text.flag{font-size:11px;fill:currentColor}
.plot text.name{fill:currentColor}
.plot .end{text-anchor:end}
.plot .mid{text-anchor:middle}
.plot .grid{fill:none;${paint('stroke', 'line')}}
.plot .axis{fill:none;${paint('stroke', 'c-muted')}}
.plot .line{fill:none;stroke:currentColor;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}
.plot .dashed{stroke-dasharray:5 4}
.plot .again.line,.plot .again .line{stroke-dasharray:.5 3.5}
.plot .lone{fill:none;stroke:currentColor;stroke-width:4;stroke-linecap:round}
.plot .band{fill:currentColor;fill-opacity:.18}
.plot .span{fill:currentColor;fill-opacity:.12}
.plot .edge{fill:currentColor}
.plot .mark{fill:none;stroke:currentColor;stroke-opacity:.65;stroke-dasharray:2 3}
.plot .stem{fill:none;stroke:currentColor}
.plot .reference{fill:none;stroke:currentColor;stroke-width:1.25;stroke-dasharray:6 4}
.plot .leader{fill:none;stroke:currentColor;stroke-opacity:.55}
.plot .dot{fill:currentColor;${paint('stroke', 'surface')};stroke-width:.75}
.plot .error{fill:none;stroke:currentColor;stroke-opacity:.8}
.plot .bar{fill:currentColor}
.plot .pale{fill-opacity:.25;stroke:currentColor;stroke-opacity:.7}
`);
