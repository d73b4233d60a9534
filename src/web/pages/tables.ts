/** Every table and view, what it is, and how many rows it has where that is known at once. */
import { limits } from '../../limits.js';
import { countText } from '../../text/number.js';
import { type Html, html } from '../html.js';
import { markup } from '../markup.js';
import type { PageView } from '../page.js';

interface ListedTable {
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly description: string;
  /** One more than are counted where there are more; null where it is not known. */
  readonly rows: number | null;
}

export function tablesPage(tables: readonly ListedTable[]): PageView {
  return {
    title: 'Tables',
    current: 'tables',
    parts: [
      {
        id: 'tables',
        html: html`<h1>Tables</h1>
<p class="prose">What the ledger holds, of all pools. All of it follows from the log in <a href="/tables/events">events</a>. <a href="/sql">Ask it by SQL.</a></p>
<div class="scroll" tabindex="0" role="group" aria-label="Tables"><table class="stack">
<thead><tr><th scope="col">Name</th><th scope="col">What it is</th><th scope="col" class="number">Rows</th></tr></thead>
<tbody>${tables.map(row)}</tbody></table></div>`,
      },
    ],
  };
}

const row = ({ name, kind, description, rows }: ListedTable): Html => html`<tr data-key="${name}">
<th scope="row" class="name"><a href="/tables/${name}">${name}</a>${kind === 'view' && html` <span class="badge">view</span>`}</th>
<td data-label="What it is"><span>${markup(description)}</span></td>
<td class="number" data-label="Rows">${rowsText(rows)}</td></tr>`;

function rowsText(rows: number | null): string {
  if (rows === null) return '–';
  const most = limits.viewerCountedRowsMax;
  return rows > most ? `over ${countText(most)}` : countText(rows);
}
