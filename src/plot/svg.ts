/** SVG as a template: every value is escaped unless it is SVG already, and every number is rounded. */

export class Svg {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Svg | string | number | null | undefined | false | readonly Part[];

/** `null`, `undefined` and `false` leave nothing; lists are joined. */
export function svg(strings: TemplateStringsArray, ...parts: readonly Part[]): Svg {
  let text = strings[0] ?? '';
  for (const [i, part] of parts.entries()) text += textOf(part) + (strings[i + 1] ?? '');
  return new Svg(text);
}

function textOf(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Svg) return part.text;
  if (typeof part === 'number') return numeral(part);
  if (typeof part === 'object') return part.map(textOf).join('');
  return escapeXml(part);
}

/** Two decimals are a fiftieth of what a screen shows. */
export function numeral(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`a coordinate must be finite: ${value}`);
  return String(Math.round(value * 100) / 100 || 0);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What XML 1.0 cannot contain even when escaped: one such sign in a name would make the whole file unreadable. */
const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

export const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    .replace(forbidden, '\u{FFFD}')
    .replace(/[&<>"']/g, (sign) => entities[sign] as string);
