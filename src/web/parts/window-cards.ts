/** The windows of the quota: how full each is, how long that lasts, and how it was last read. */
import type { SpendStatus } from '../../status/spend.js';
import type { WindowStatus } from '../../status/windows.js';
import { usdEstimateText, usdText } from '../../text/money.js';
import { percentText } from '../../text/percent.js';
import { clockText, relativeText } from '../../text/time.js';
import { type Html, html } from '../html.js';
import { pagePath } from '../page.js';

type Of = Pick<SpendStatus, 'windows' | 'at' | 'timeZone' | 'pool'>;

export function windowCards({ windows, at, timeZone, pool }: Of): Html {
  const known = windows.filter(({ percent, readPercent }) => percent !== null || readPercent !== null);
  if (known.length === 0) return html`<p class="empty">No reading of the quota yet.</p>`;
  return html`<div class="cards">${known.map((window) => windowCard(window, at, timeZone, pool))}</div>`;
}

function windowCard(window: WindowStatus, at: number, timeZone: string, pool: string): Html {
  const { key, label } = window;
  return html`<article class="card" data-key="${key}">
<div class="figure"><h3><a href="${pagePath(`/windows/${encodeURIComponent(key)}`, pool)}">${label}</a></h3>${usedFigure(window)}</div>
${windowFigures(window, at, timeZone)}
</article>`;
}

/** What is under the heading of a window. */
export function windowFigures(window: WindowStatus, at: number, timeZone: string): Html {
  const { resetsAt, elapsedPercent } = window;
  return html`${quotaBar(window)}
<p class="small">${resetText(resetsAt, at, timeZone)}${elapsedPercent !== null && html`<br><span class="muted">${percentText(elapsedPercent)} of its time is over</span>`}</p>
${forecastText(window, timeZone)}
<p class="small muted">${readText(window, at)} ${windowBadges(window)}</p>`;
}

/** The estimate, with its standard deviation where there is one. */
export function usedFigure({ percent, percentDeviation }: WindowStatus): Html {
  if (percent === null) return html`<b>not known</b>`;
  const deviation = percentDeviation ?? 0;
  return html`<span class="nowrap"><b>${percentText(percent)}</b>${deviation >= 0.05 && html` <span class="muted small">± ${percentText(deviation)}</span>`}</span>`;
}

function readText({ readPercent, readAt }: WindowStatus, at: number): string {
  if (readPercent === null || readAt === null) return 'Never read';
  return `Read ${relativeText(readAt, at)}: ${percentText(readPercent)}`;
}

/** How sure the controller is of the budget, and when the window runs out at this pace. */
function forecastText(window: WindowStatus, timeZone: string): Html {
  const { budgetKnown, budgetUsd, budgetDeviation, unattributedUsd } = window;
  if (!budgetKnown || budgetUsd === null) return html`<p class="small muted">How much it holds is not known yet.</p>`;
  const outside = unattributedUsd !== null && unattributedUsd >= 0.01 * budgetUsd;
  const holds = `Holds about ${usdEstimateText(budgetUsd, budgetDeviation)}`;
  return html`<p class="small">${pace(window, timeZone)}<br><span class="muted">${holds}${outside && `; ${usdText(unattributedUsd)} of it used outside this ledger`}</span></p>`;
}

function pace({ runout, resetsAt }: WindowStatus, timeZone: string): string {
  if (runout === null) return 'Too little use to tell its pace';
  if (resetsAt !== null && runout.p50 >= resetsAt)
    return `Lasts at this pace: ${percentText(Math.round(runout.projected))} at the reset`;
  return `At this pace it runs out ${clockText(runout.p10, timeZone)} to ${clockText(runout.p90, timeZone)}`;
}

function resetText(resetsAt: number | null, at: number, timeZone: string): string {
  if (resetsAt === null) return 'Reset time not known';
  return `Resets ${relativeText(resetsAt, at)}, ${clockText(resetsAt, timeZone)}`;
}

function windowBadges({ active, stale, suspect, exhausted }: WindowStatus): Html[] {
  const badges: Html[] = [];
  if (exhausted) badges.push(html` <span class="badge bad">exhausted</span>`);
  if (!active) badges.push(html` <span class="badge">not in force</span>`);
  if (stale) badges.push(html` <span class="badge warn">stale</span>`);
  if (suspect) badges.push(html` <span class="badge warn">suspect</span>`);
  return badges;
}

const warnPercent = 75;
const badPercent = 95;

/** The mark on the bar is the time that is over: a bar beyond it is ahead of its time. */
function quotaBar({ label, percent, elapsedPercent }: WindowStatus): Html {
  const used = Math.min(100, percent ?? 0);
  const tone = used >= badPercent ? 'bad' : used >= warnPercent ? 'warn' : 'good';
  return html`<svg class="bar" role="img" aria-label="${label}: ${percent === null ? 'not known' : percentText(percent)}"><rect class="fill-${tone}" width="${used}%" height="100%"/>${elapsedPercent !== null && html`<rect class="fill-mark" x="${elapsedPercent}%" width="2" height="100%"/>`}</svg>`;
}
