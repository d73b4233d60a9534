/** What was used over time, by agent, model, project or mode: a chart of bars, and its table. */

import { stepKinds } from '../../status/steps.js';
import type { UseKey, UseOverTime } from '../../status/use-over-time.js';
import type { UseSeries } from '../../status/use-series.js';
import { usdText } from '../../text/money.js';
import { clockText } from '../../text/time.js';
import { type Html, html } from '../html.js';
import { agentPath } from './agents-table.js';
import { chart } from './chart.js';

/** As the form was filled in. */
export interface UseFilter {
  readonly by: UseKey;
  readonly step: (typeof stepKinds)[number];
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

const byWords = { agent: 'agent', model: 'model', project: 'project', session: 'session', mode: 'mode' } as const;

/** Where there is no use in the time, it says so. */
export function useChart(use: UseOverTime, pool: string): Html {
  const { by, series, steps } = use;
  if (series.length === 0) return html`<p class="empty">Nothing was used in this time.</p>`;
  const title = `Use by ${byWords[by]}, each ${steps.kind}`;
  const figures = {
    unit: 'usd',
    timeZone: steps.timeZone,
    stacked: true,
    x: steps.starts.map((start) => start / 1_000),
    xEnd: steps.until / 1_000,
    series: series.map((one) => ({ label: nameOf(one), values: one.usd })),
  } as const;
  return chart(`use by ${by}`, title, figures, table(use, pool));
}

function nameOf({ kind, name, names }: UseSeries): string {
  if (kind === 'others') return `${names} others`;
  return kind === 'unnamed' || name === null ? 'not said' : name;
}

/** The newest step first: that is what is looked for. */
function table({ by, series, steps, total }: UseOverTime, pool: string): Html {
  const { starts, timeZone } = steps;
  const rows = starts.map((start, i) => ({ start, i })).filter(({ i }) => (total.usd[i] ?? 0) > 0);
  return html`<table><thead><tr><th scope="col">From</th>${series.map((one) => html`<th scope="col" class="number"><bdi>${nameOf(one)}</bdi></th>`)}<th scope="col" class="number">All</th></tr></thead>
<tbody><tr><th scope="row">All of it</th>${series.map((one) => html`<td class="number">${by === 'agent' && one.kind === 'named' ? html`<a href="${agentPath(one.name ?? '', pool)}">${usdText(one.total.usd)}</a>` : usdText(one.total.usd)}</td>`)}<td class="number">${usdText(total.total.usd)}</td></tr>
${rows.reverse().map(({ start, i }) => html`<tr><th scope="row" class="nowrap">${clockText(start, timeZone)}</th>${series.map(({ usd }) => html`<td class="number">${(usd[i] ?? 0) > 0 && usdText(usd[i] ?? 0)}</td>`)}<td class="number">${usdText(total.usd[i] ?? 0)}</td></tr>`)}</tbody></table>`;
}

/** Asks for another time or another split: by the URL, so that it can be kept and sent on. */
export function useFilter(action: string, pool: string, filter: UseFilter, keys: readonly UseKey[]): Html {
  const { by, step, from = '', until = '' } = filter;
  const choice = (name: string, values: readonly string[], chosen: string) =>
    html`<select name="${name}">${values.map((value) => html`<option${value === chosen && html` selected`}>${value}</option>`)}</select>`;
  return html`<form class="filters" method="get" action="${action}">${pool !== 'default' && html`<input type="hidden" name="pool" value="${pool}">`}
<label>By ${choice('by', keys, by)}</label><label>Each ${choice('step', stepKinds, step)}</label>
<label>From <input name="from" value="${from}" placeholder="2026-01-05" size="12"></label><label>Until <input name="until" value="${until}" placeholder="2026-01-12" size="12"></label>
<button>Show</button></form>`;
}
