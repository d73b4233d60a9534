/** One window of the quota: how full it is and by whom, how long it lasts, and every reading of it. */
import type { SpendStatus } from '../../status/spend.js';
import type { WindowHistory } from '../../status/window-history.js';
import { usdText } from '../../text/money.js';
import { fractionText, percentText } from '../../text/percent.js';
import { type Html, html } from '../html.js';
import { asOfText, type PageView, pagePath } from '../page.js';
import { agentPath } from '../parts/agents-table.js';
import { usedFigure, windowFigures } from '../parts/window-cards.js';
import { windowChart } from '../parts/window-chart.js';

export interface WindowInput {
  readonly status: SpendStatus;
  readonly history: WindowHistory;
  readonly pools: readonly string[];
  /** As it was written. */
  readonly filter: { readonly from?: string | undefined; readonly until?: string | undefined };
}

export function windowPage({ status, history, pools, filter }: WindowInput): PageView {
  const { pool, at, timeZone } = status;
  const { key, now } = history;
  const label = now?.label ?? key;
  return {
    title: label,
    current: 'dashboard',
    pool,
    pools,
    parts: [
      {
        id: 'window',
        live: true,
        html: html`<h1>${label} ${now !== null && usedFigure(now)}</h1>${asOfText(status)}
${now === null ? html`<p class="notice">Nobody reads it any more.</p>` : html`<div class="card">${windowFigures(now, at, timeZone)}</div>`}`,
      },
      {
        id: 'range',
        html: html`<h2>Its course</h2><form class="filters" method="get" action="${pagePath(`/windows/${encodeURIComponent(key)}`, undefined)}">${pool !== 'default' && html`<input type="hidden" name="pool" value="${pool}">`}
<label>From <input name="from" value="${filter.from ?? ''}" placeholder="2026-01-05" size="12"></label><label>Until <input name="until" value="${filter.until ?? ''}" placeholder="2026-01-12" size="12"></label><button>Show</button></form>`,
      },
      { id: 'course', live: true, html: windowChart(history, label, timeZone) },
      {
        id: 'users',
        live: true,
        html: html`<section aria-label="Who used it"><h2>Who used it in this period</h2>${users(history, status)}</section>`,
      },
    ],
  };
}

function users({ used, now, ledgerUsd }: WindowHistory, { pool }: SpendStatus): Html {
  const unattributed = now?.unattributedUsd ?? null;
  if (used.length === 0 && unattributed === null) return html`<p class="empty">Nobody has used it in this period.</p>`;
  const percentOf = (usd: number) => (now?.budgetUsd ? percentText((100 * usd) / now.budgetUsd) : '–');
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table of who used it"><table class="stack">
<thead><tr><th scope="col">Agent</th><th scope="col" class="number">Used</th><th scope="col" class="number">Of what was reported</th><th scope="col" class="number">Of the window</th></tr></thead>
<tbody>${used.map(
    ({
      name,
      usd,
      part,
      percent,
    }) => html`<tr data-key="${name}"><th scope="row" class="name"><a href="${agentPath(name, pool)}"><bdi>${name}</bdi></a></th>
<td class="number" data-label="Used">${usdText(usd)}</td><td class="number" data-label="Of what was reported">${fractionText(part)}</td><td class="number" data-label="Of the window">${percent === null ? '–' : percentText(percent)}</td></tr>`,
  )}
<tr data-key=" reported"><th scope="row" class="name">All that was reported</th><td class="number" data-label="Used">${usdText(ledgerUsd)}</td><td class="number" data-label="Of what was reported">${fractionText(1)}</td><td class="number" data-label="Of the window">${percentOf(ledgerUsd)}</td></tr>
${unattributed !== null && html`<tr data-key=" unattributed"><th scope="row" class="name">Outside this ledger<small>what the readings show, and nobody reported</small></th><td class="number" data-label="Used">${usdText(unattributed)}</td><td class="number" data-label="Of what was reported">–</td><td class="number" data-label="Of the window">${percentOf(unattributed)}</td></tr>`}
</tbody></table></div>`;
}
