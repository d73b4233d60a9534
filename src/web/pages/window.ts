/** One window of the quota: how full it is and by whom, how long it lasts, and every reading of it. */
import type { SpendStatus } from '../../status/spend.js';
import type { WindowStatus } from '../../status/windows.js';
import { usdText } from '../../text/money.js';
import { fractionText } from '../../text/percent.js';
import { type Html, html } from '../html.js';
import { asOfText, type PageView } from '../page.js';
import { agentPath } from '../parts/agents-table.js';
import { usedFigure, windowFigures } from '../parts/window-cards.js';

export interface WindowInput {
  readonly status: SpendStatus;
  readonly window: WindowStatus;
  readonly pools: readonly string[];
  /** The chart of its course, and its readings. */
  readonly course: Html | null;
}

export function windowPage({ status, window, pools, course }: WindowInput): PageView {
  const { pool, at, timeZone } = status;
  return {
    title: window.label,
    current: 'dashboard',
    pool,
    pools,
    parts: [
      {
        id: 'window',
        live: true,
        html: html`<h1>${window.label} ${usedFigure(window)}</h1>${asOfText(status)}
<div class="card">${windowFigures(window, at, timeZone)}</div>`,
      },
      { id: 'course', live: true, html: course },
      {
        id: 'users',
        live: true,
        html: html`<section aria-label="Who used it"><h2>Who used it in this period</h2>${users(status, window)}</section>`,
      },
    ],
  };
}

function users({ identities, pool }: SpendStatus, { key, unattributedUsd, budgetUsd }: WindowStatus): Html {
  const rows = identities
    .flatMap(({ name, share }) => {
      const part = share?.windows.find((each) => each.key === key);
      return part === undefined ? [] : [{ name, ...part }];
    })
    .sort((a, b) => b.usedUsd - a.usedUsd);
  if (rows.length === 0) return html`<p class="empty">Nobody who shares it has used it in this period.</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table of who used it"><table class="stack">
<thead><tr><th scope="col">Agent</th><th scope="col" class="number">Used</th><th scope="col" class="number">Share</th><th scope="col" class="number">Expected to get until the reset</th></tr></thead>
<tbody>${rows.map(
    ({
      name,
      usedUsd,
      share,
      remainingUsd,
    }) => html`<tr data-key="${name}"><th scope="row" class="name"><a href="${agentPath(name, pool)}"><bdi>${name}</bdi></a></th>
<td class="number" data-label="Used">${usdText(usedUsd)}</td><td class="number" data-label="Share">${fractionText(share)}</td><td class="number" data-label="Expected">${remainingUsd === null ? '–' : usdText(remainingUsd)}</td></tr>`,
  )}
${unattributedUsd !== null && html`<tr data-key="unattributed"><th scope="row" class="name">Outside this ledger<small>use that nobody reported</small></th><td class="number" data-label="Used">${usdText(unattributedUsd)}</td><td class="number" data-label="Share">${budgetUsd === null || budgetUsd === 0 ? '–' : fractionText(unattributedUsd / budgetUsd)}</td><td class="number" data-label="Expected">–</td></tr>`}
</tbody></table></div>`;
}
