/** SQL on a page: a statement, its rows or what is wrong with it, and ready-made ones. */
import { limits } from '../../limits.js';
import { countText } from '../../text/number.js';
import { actForm } from '../actions.js';
import { type Html, html } from '../html.js';
import { markup } from '../markup.js';
import { type PageView, pagePath } from '../page.js';
import { type CellValue, valueCell } from '../parts/value-cell.js';

export type SqlAnswer =
  | {
      readonly kind: 'rows';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly CellValue[])[];
      readonly truncated: 'rows' | 'bytes' | null;
      readonly cellsCut: number;
      readonly elapsedMs: number;
    }
  | { readonly kind: 'plan'; readonly lines: readonly string[] }
  | {
      readonly kind: 'problem';
      readonly status: number;
      readonly code: string;
      readonly title: string;
      readonly detail: string;
      readonly remedy: string;
    };

interface ReadyMade {
  readonly name: string;
  readonly description: string;
}

export interface SqlInput {
  readonly engine: 'sqlite' | 'postgres';
  /** Columns by table, to complete names by. */
  readonly schema: Readonly<Record<string, readonly string[]>>;
  /** As it was sent; empty where none was. */
  readonly sql: string;
  readonly answer: SqlAnswer | null;
  readonly token: string | null;
  /** Name of the ready-made query that is shown. */
  readonly chosen: string | undefined;
  readonly limit: number | undefined;
  readonly queries: readonly ReadyMade[];
}

const rowLimits = [limits.pageRowsDefault, limits.pageRowsMax];
/** The first ones are those that the original server documents. */
const originals = 4;

export function sqlPage(input: SqlInput): PageView {
  const { answer, queries } = input;
  const chosen = queries.find(({ name }) => name === input.chosen);
  return {
    title: chosen === undefined ? 'SQL' : `SQL: ${chosen.name}`,
    current: 'sql',
    scripts: ['sql.js'],
    parts: [
      {
        id: 'ask',
        html: html`<h1>SQL</h1>
<p class="prose">One <code>SELECT</code>, <code>VALUES</code> or <code>WITH</code> over the tables of all pools, which changes nothing. It is stopped after ${limits.viewerMsDefault / 1_000} seconds. <a href="/tables">What the tables mean.</a></p>
${form(input)}`,
      },
      { id: 'answer', html: answer === null ? null : answerHtml(answer) },
      {
        id: 'queries',
        html: html`<section id="saved" aria-labelledby="saved-title" hidden><h2 id="saved-title">Saved in this browser</h2><ul class="queries"></ul></section>
<section aria-labelledby="ready-made"><h2 id="ready-made">Ready-made queries</h2>
<h3>Of the original server</h3>${list(queries.slice(0, originals), input.chosen)}
<h3>Ours</h3>${list(queries.slice(originals), input.chosen)}</section>`,
      },
    ],
  };
}

const list = (queries: readonly ReadyMade[], chosen: string | undefined): Html =>
  html`<ul class="queries">${queries.map(
    ({ name, description }) =>
      html`<li><a href="${pagePath('/sql', undefined, { canned: name })}"${name === chosen && html` aria-current="true"`}>${name}</a> <span class="muted">${markup(description)}</span></li>`,
  )}</ul>`;

function form({ engine, schema, sql, token, limit = rowLimits[0] }: SqlInput): Html {
  return actForm(
    '/sql',
    undefined,
    token,
    html`<div class="sql-field"><label for="sql">Statement</label>
<textarea id="sql" name="sql" rows="8" spellcheck="false" autocapitalize="off" autocomplete="off" required data-sql data-dialect="${engine}" data-schema="${JSON.stringify(schema)}">${'\n'}${sql}</textarea></div>
<label>Rows <select name="limit">${rowLimits.map((rows) => html`<option value="${rows}"${rows === limit && html` selected`}>${countText(rows)}</option>`)}</select></label>
<button class="main" name="do" value="run">Run</button>
<button name="do" value="explain">Explain</button>
<span class="muted small">All rows:</span>
${(['csv', 'ndjson', 'json'] as const).map((format) => html`<button name="format" value="${format}" formaction="/sql/export">${format.toUpperCase()}</button>`)}
<p class="small muted hint" data-with-editor hidden>Ctrl + Enter runs it.</p>`,
  );
}

function answerHtml(answer: SqlAnswer): Html {
  if (answer.kind === 'plan')
    return html`<section aria-labelledby="plan"><h2 id="plan">How the database would go about it</h2><pre tabindex="0"><code>${answer.lines.join('\n')}</code></pre></section>`;
  if (answer.kind === 'problem')
    return html`<section aria-labelledby="problem" role="alert"><h2 id="problem">${markup(answer.title)}</h2>
<p class="notice bad">${answer.detail}</p>
<p class="prose">${markup(answer.remedy)} <a href="/problems#${answer.code}"><code>${answer.code}</code></a></p></section>`;
  const { columns, rows, truncated, cellsCut, elapsedMs } = answer;
  return html`<section aria-labelledby="rows"><h2 id="rows">${countText(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}</h2>
<p class="muted small">In ${countText(elapsedMs)} ms.${truncated !== null && html` <strong>There are more: these are cut at the limit of ${truncated}.</strong>`}${cellsCut > 0 && ` ${countText(cellsCut)} texts are cut.`}</p>
${rows.length === 0 ? html`<p class="empty">No rows.</p>` : rowsTable(columns, rows)}</section>`;
}

function rowsTable(columns: readonly string[], rows: readonly (readonly CellValue[])[]): Html {
  const kinds = columns.map((name, i) => ({ name, isNumber: isNumeric(rows, i), isWritten: false }));
  const poolAt = columns.indexOf('pool');
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Rows"><table class="rows">
<thead><tr>${kinds.map(({ name, isNumber }) => html`<th scope="col"${isNumber && html` class="number"`}>${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => {
    const pool = poolAt < 0 ? null : String(row[poolAt]);
    return html`<tr>${kinds.map((kind, i) => valueCell(kind, row[i] ?? null, pool))}</tr>`;
  })}</tbody></table></div>`;
}

/** Whether all that is in a column is numbers. */
function isNumeric(rows: readonly (readonly CellValue[])[], i: number): boolean {
  const values = rows.map((row) => row[i]).filter((value) => value !== null);
  return values.length > 0 && values.every((value) => typeof value === 'number');
}
