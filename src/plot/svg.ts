/** SVG as a template: every value is escaped unless it is SVG already, and every number is rounded. */
import { escaped, type Markup, template } from '../text/template.js';

export type Svg = Markup;

/** Two decimals are a fiftieth of what a screen shows. */
export function numeral(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`a coordinate must be finite: ${value}`);
  return String(Math.round(value * 100) / 100 || 0);
}

/** What XML 1.0 cannot contain even when escaped: one such sign in a name would make the whole file unreadable. */
const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

export const escapeXml = (text: string): string => escaped(text.toWellFormed().replace(forbidden, '\u{FFFD}'));

export const svg = template(escapeXml, numeral);
