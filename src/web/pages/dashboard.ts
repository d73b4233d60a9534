/** The dashboard: what is left of the quota, who used what, who runs when, and what somebody should look at. */
import type { Breakdown } from '../../status/breakdown.js';
import type { SharesOverTime } from '../../status/shares-over-time.js';
import type { SpendStatus } from '../../status/spend.js';
import { type UseOverTime, useKeys } from '../../status/use-over-time.js';
import type { WindowHistory } from '../../status/window-history.js';
import { durationText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { type Html, html } from '../html.js';
import { asOfText, type PageView, pagePath } from '../page.js';
import { agentsTable } from '../parts/agents-table.js';
import { attention, openAlerts } from '../parts/attention.js';
import { eventPath } from '../parts/events-table.js';
import { firstRun } from '../parts/first-run.js';
import { sharesChart } from '../parts/shares-chart.js';
import { type UseFilter, useChart, useFilter } from '../parts/use-chart.js';
import { usedOf } from '../parts/used-of.js';
import { windowCards } from '../parts/window-cards.js';
import { windowChart } from '../parts/window-chart.js';

export interface DashboardInput {
  readonly status: SpendStatus;
  readonly breakdown: Breakdown;
  readonly pools: readonly string[];
  readonly use: UseOverTime;
  readonly shares: SharesOverTime;
  readonly filter: UseFilter;
  /** As the log was after this event; null: now. */
  readonly asOf: number | null;
  readonly windows: readonly WindowHistory[];
  readonly mayAct: boolean;
  /** What leads to this server, for the commands of the first run. */
  readonly url: string;
}

export function dashboardPage(input: DashboardInput): PageView {
  const { status, breakdown, pools, mayAct, url, use, shares, filter, asOf, windows } = input;
  const { pool, at, timeZone, seq } = status;
  return {
    title: `Dashboard of ${pool}`,
    current: 'dashboard',
    pool,
    pools,
    parts: [
      { id: 'head', live: true, html: html`<h1>Pool <bdi>${pool}</bdi></h1>${asOfText({ at, timeZone, seq, pool })}` },
      { id: 'first', live: true, html: firstRun(status, url) },
      { id: 'tiles', live: true, html: tiles(status) },
      { id: 'attention', live: true, html: html`${openAlerts(status, mayAct)}${attention(status)}` },
      {
        id: 'quota',
        live: true,
        html: html`<section aria-label="Quota"><h2>Quota</h2>${windowCards(status)}</section>`,
      },
      {
        id: 'courses',
        live: true,
        html: html`<div class="charts">${windows.map((history) => windowChart(history, labelOf(status, history.key), timeZone))}</div>`,
      },
      {
        id: 'agents',
        live: true,
        html: html`<section aria-label="Agents"><h2>Agents</h2>${agentsTable(status, mayAct)}</section>`,
      },
      {
        id: 'use-filter',
        html: html`<h2 id="use">Use over time</h2>${asOf !== null && html`<p class="notice">By what the log held after <a href="${eventPath(asOf, pool)}">event ${asOf}</a>. <a href="${pagePath('/dashboard', pool)}">As it is now.</a></p>`}${useFilter('/dashboard', pool, filter, useKeys)}`,
      },
      { id: 'use', live: true, html: useChart(use, pool) },
      { id: 'shares', live: true, html: sharesChart(shares, pool) },
      { id: 'used-of', live: true, html: usedOf(breakdown, status.weekUsd) },
      {
        id: 'foot',
        html: html`<p class="muted small">Use is in US dollars; days are those of ${timeZone}. The same numbers: <a href="${pagePath('/dashboard/json', pool)}">/dashboard/json</a>.</p>`,
      },
    ],
  };
}

const labelOf = ({ windows }: SpendStatus, key: string): string =>
  windows.find((each) => each.key === key)?.label ?? key;

function tiles({ policy, quotaBrake, last24hUsd, todayUsd, weekUsd }: SpendStatus): Html {
  return html`<dl class="tiles">
<div><dt>Last 24 hours</dt><dd>${usdText(last24hUsd)}</dd></div>
<div><dt>Today</dt><dd>${usdText(todayUsd)}</dd></div>
<div><dt>Last 7 days</dt><dd>${usdText(weekUsd)}</dd></div>
<div><dt>Base interval</dt><dd>${durationText(policy.baseIntervalS)}</dd></div>
<div><dt>Slow-down</dt><dd>${quotaBrake > 1 ? `× ${quotaBrake.toFixed(1)}` : 'none'}</dd></div>
</dl>`;
}
