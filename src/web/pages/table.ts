/** One table: its rows, what they can be narrowed to, and what each column means. */
import { limits } from '../../limits.js';
import { countText } from '../../text/number.js';
import { type Html, html } from '../html.js';
import { markup } from '../markup.js';
import type { PageView } from '../page.js';
import { eventPath } from '../parts/events-table.js';
import { type CellValue, isInstantMs, valueCell } from '../parts/value-cell.js';

/** What the URL of the page says, empty fields left out. */
export interface TableUrl {
  /** Filters: what a column is to hold. */
  readonly is: Readonly<Record<string, string>>;
  readonly null: string | undefined;
  readonly sort: string | undefined;
  readonly order: 'asc' | 'desc' | undefined;
  readonly after: string | undefined;
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly as_of: string | undefined;
}

export interface Facet {
  readonly column: string;
  readonly values: readonly { readonly value: string | null; readonly rows: number }[];
}

export interface TablePage {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly CellValue[])[];
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
  /** Null where counting would have taken too long. */
  readonly facets: readonly Facet[] | null;
  /** The event that the rows are as of; null for now. */
  readonly asOf: { readonly seq: number; readonly pool: string } | null;
}

export interface TableInput {
  readonly table: {
    readonly name: string;
    readonly description: string;
    readonly columns: readonly {
      readonly name: string;
      readonly type: string | null;
      readonly nullable: boolean | null;
      readonly description: string;
    }[];
    readonly indexes: readonly string[];
    readonly ddl: string;
  };
  readonly url: TableUrl;
  readonly usual: { readonly sort: string; readonly descending: boolean };
  readonly sortable: readonly string[];
  /** Columns with few values. */
  readonly fields: readonly string[];
  /** The column that from and until bound. */
  readonly time: string | null;
  readonly hasPast: boolean;
  /** Null where it cannot be had. */
  readonly page: TablePage | null;
  readonly fault?: string;
}

export function tablePage(input: TableInput): PageView {
  const { table, page, fault } = input;
  return {
    title: `Table ${table.name}`,
    current: 'tables',
    parts: [
      {
        id: 'filters',
        html: html`<p class="small"><a href="/tables">All tables</a></p><h1 class="table-name">${table.name}</h1>
<p class="prose">${markup(table.description)}</p>
${form(input)}${chosen(input)}`,
      },
      { id: 'facets', html: page !== null && facetsHtml(input, page) },
      {
        id: 'rows',
        html: page === null ? html`<p class="notice bad" role="alert">${fault}</p>` : rowsHtml(input, page),
      },
      { id: 'meaning', html: meaning(input) },
    ],
  };
}

/** The page with something of its URL changed. It begins at the first row again, unless that is what is said. */
function pathOf({ table, url }: TableInput, change: Partial<TableUrl>): string {
  const { is, ...rest } = { ...url, after: undefined, ...change };
  const given = Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const filters = Object.entries(is).map(([name, value]): [string, string] => [`is.${name}`, value]);
  const query = new URLSearchParams([...filters, ...given]);
  return query.size === 0 ? `/tables/${table.name}` : `/tables/${table.name}?${query}`;
}

function form({ table, url, time, hasPast }: TableInput): Html {
  const { is, from = '', until = '', as_of = '', sort, order } = url;
  const hidden: [string, string | undefined][] = [
    ...Object.entries(is).map(([name, value]): [string, string] => [`is.${name}`, value]),
    ['null', url.null],
    ['sort', sort],
    ['order', order],
  ];
  return html`<form class="filters" method="get" action="/tables/${table.name}">${hidden.map(([name, value]) => value !== undefined && html`<input type="hidden" name="${name}" value="${value}">`)}
<label>Column <select name="column"><option value="">any</option>${table.columns.map(({ name }) => html`<option>${name}</option>`)}</select></label>
<label>Is <input name="value" autocomplete="off"></label>
${
  time !== null &&
  html`<label>From <input name="from" value="${from}" placeholder="2026-01-05"></label>
<label>Until <input name="until" value="${until}" placeholder="2026-01-06"></label>`
}
${hasPast && html`<label>As of event <input name="as_of" value="${as_of}" inputmode="numeric" size="8" autocomplete="off"></label>`}
<button>Show</button></form>
${time !== null && html`<p class="small muted">From and until are of <code>${time}</code>; a date is of the time zone of the pool.</p>`}`;
}

/** What the rows are narrowed to, each with the way to take it back. */
function chosen(input: TableInput): Html | false {
  const { url, page } = input;
  const without = (name: string) => Object.fromEntries(Object.entries(url.is).filter(([each]) => each !== name));
  const chips: readonly (readonly [string, string])[] = [
    ...Object.entries(url.is).map(
      ([name, value]) => [`${name} = ${value}`, pathOf(input, { is: without(name) })] as const,
    ),
    ...(url.null === undefined ? [] : [[`${url.null} is null`, pathOf(input, { null: undefined })] as const]),
    ...(url.from === undefined ? [] : [[`from ${url.from}`, pathOf(input, { from: undefined })] as const]),
    ...(url.until === undefined ? [] : [[`until ${url.until}`, pathOf(input, { until: undefined })] as const]),
    ...(url.as_of === undefined ? [] : [[`as of event ${url.as_of}`, pathOf(input, { as_of: undefined })] as const]),
  ];
  const asOf = page?.asOf;
  return (
    chips.length > 0 &&
    html`<ul class="chips" aria-label="Filters">${chips.map(([text, path]) => html`<li><bdi>${text}</bdi> <a href="${path}">remove<span class="unseen"> ${text}</span></a></li>`)}</ul>
${asOf && html`<p class="notice">As it was after <a href="${eventPath(asOf.seq, asOf.pool)}">event ${asOf.seq}</a> of the pool <bdi>${asOf.pool}</bdi>.</p>`}`
  );
}

function facetsHtml(input: TableInput, { facets }: TablePage): Html | false {
  const { url } = input;
  if (facets === null)
    return html`<p class="small muted">Values were not counted: that would have taken over ${limits.viewerValuesMsMax} ms.</p>`;
  const shown = facets.filter(({ column }) => url.is[column] === undefined);
  return (
    shown.length > 0 &&
    html`<details class="facets"><summary>Narrow to</summary><dl class="facts">${shown.map(
      ({ column, values }) =>
        html`<dt>${column}</dt><dd>${values.map(({ value, rows }) => {
          const path =
            value === null ? pathOf(input, { null: column }) : pathOf(input, { is: { ...url.is, [column]: value } });
          return html`<a href="${path}"><bdi>${value ?? 'null'}</bdi></a> <span class="muted small">${countText(rows)}</span> `;
        })}</dd>`,
    )}</dl><p class="small muted">Counted among the first ${countText(limits.viewerCountedRowsMax)} rows.</p></details>`
  );
}

function rowsHtml(input: TableInput, { columns, rows, next }: TablePage): Html {
  const { table, url } = input;
  if (rows.length === 0) return html`<p class="empty">No rows.</p>`;
  const kinds = columns.map((name) => ({ name, isNumber: isNumeric(table, name), isWritten: true }));
  const poolAt = columns.indexOf('pool');
  const first = url.after !== undefined && html`<a href="${pathOf(input, {})}">First page</a>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Rows of ${table.name}"><table class="rows">
<thead><tr>${kinds.map((kind) => heading(input, kind))}</tr></thead>
<tbody>${rows.map((row) => {
    const pool = poolAt < 0 ? null : String(row[poolAt]);
    return html`<tr>${kinds.map((kind, i) => valueCell(kind, row[i] ?? null, pool))}</tr>`;
  })}</tbody></table></div>
<p class="pager">${first}${next !== null && html`<a href="${pathOf(input, { after: next })}" rel="next">Next page</a>`}</p>`;
}

/** A column that can be sorted by leads to its order, and from there to the other direction. */
function heading(input: TableInput, { name, isNumber }: { readonly name: string; readonly isNumber: boolean }): Html {
  const { url, usual, sortable } = input;
  const kind = isNumber && html` class="number"`;
  if (url.as_of !== undefined || !sortable.includes(name)) return html`<th scope="col"${kind}>${name}</th>`;
  const isSorted = (url.sort ?? usual.sort) === name;
  const isDescending = url.order === undefined ? usual.descending || name !== usual.sort : url.order === 'desc';
  const order = isSorted && isDescending ? 'asc' : 'desc';
  const state = isDescending ? 'descending' : 'ascending';
  return html`<th scope="col"${kind}${isSorted && html` aria-sort="${state}"`}><a href="${pathOf(input, { sort: name, order })}">${name}</a>${isSorted && (isDescending ? ' ↓' : ' ↑')}</th>`;
}

function isNumeric({ columns }: TableInput['table'], name: string): boolean {
  const type = columns.find((column) => column.name === name)?.type ?? null;
  if (type !== null) return /^(INTEGER|BIGINT|REAL|DOUBLE|NUMERIC)/.test(type);
  return /tokens$|_usd$|^(reports|corrections|recommended_interval)$/.test(name) || isInstantMs(name);
}

function meaning({ table }: TableInput): Html {
  const { columns, indexes, ddl } = table;
  return html`<details class="small meaning"><summary>What the columns mean, and how the table is made</summary>
<div class="scroll" tabindex="0" role="group" aria-label="Columns"><table class="stack"><thead><tr><th scope="col">Column</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>
<tbody>${columns.map(({ name, type, nullable, description }) => html`<tr><th scope="row" class="name">${name}</th><td data-label="Type">${type ?? '–'}${nullable === true && ', or null'}</td><td data-label="Meaning"><span>${markup(description)}</span></td></tr>`)}</tbody></table></div>
<pre tabindex="0"><code>${[ddl, ...indexes.map((index) => `${index};`)].join('\n\n')}</code></pre></details>`;
}
