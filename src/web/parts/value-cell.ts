/** A value of a table as a cell: right-aligned where it is a number, with the way to the event that it names. */

import { microUsdText } from '../../text/money.js';
import { countText } from '../../text/number.js';
import { instantText } from '../../text/time.js';
import { type Html, html } from '../html.js';
import { eventPath } from './events-table.js';

export type CellValue = string | number | boolean | null;

export interface CellColumn {
  readonly name: string;
  readonly isNumber: boolean;
  /** Amounts, counts and instants are written as people read them; else as the table holds them. */
  readonly isWritten: boolean;
}

/** A text that the viewer has cut has one character more, which says so. */
const charactersMax = 2_048;
const hash = /^[0-9a-f]{64}$/;
const ulid = /^[0-9A-HJKMNP-TV-Z]{26}$/;
const hashCharacters = 12;

/** `pool`: of the row, where it says so; its place in a log is of no use without it. */
export function valueCell({ name, isNumber, isWritten }: CellColumn, value: CellValue, pool: string | null): Html {
  if (value === null) return html`<td${isNumber && html` class="number"`}><span class="muted">null</span></td>`;
  if (isNumber)
    return html`<td class="number">${eventLink(name, value, pool, isWritten ? numberText(name, value) : String(value))}</td>`;
  const text = String(value);
  if (isWritten && hash.test(text))
    return html`<td><code title="${text}">${text.slice(0, hashCharacters)}…</code></td>`;
  if (text.length > charactersMax && text.endsWith('…'))
    return html`<td><span class="long">${text}</span> <span class="badge warn">cut after ${countText(charactersMax)} characters</span></td>`;
  const shown = isWritten && instant.test(text) ? instantText(text) : text;
  return html`<td><span class="${shown.length > 80 ? 'long' : 'short'}">${eventLink(name, value, pool, shown)}</span></td>`;
}

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

export const isInstantMs = (name: string): boolean => /_at$|^(instant|lease_until)$/.test(name);

function numberText(name: string, value: string | number | boolean): string {
  if (typeof value !== 'number') return String(value);
  if (name.endsWith('_micro_usd')) return microUsdText(value);
  if (isInstantMs(name)) return instantText(value);
  if (/tokens$|^reports$|^corrections$|^late_reports$/.test(name)) return countText(value);
  return String(value);
}

/** Columns that name an event lead to it. */
function eventLink(name: string, value: CellValue, pool: string | null, text: string): Html | string {
  const isSeq = pool !== null && /^(seq|last_seq|first_seq|head_seq)$/.test(name) && Number(value) > 0;
  const isId = /^(event_id|corrects|head_id|first_id|last_id)$/.test(name) && ulid.test(String(value));
  if (!isSeq && !isId) return text;
  return html`<a href="${eventPath(String(value), pool ?? 'default')}">${text}</a>`;
}
