/** The dashboard: what is left of the quota, who used what, who runs when, and what somebody should look at. */

import type { AllocatedWindow } from '../fairness/allocate.js';
import type { CollaborationStatus } from '../fairness/collaboration-status.js';
import { type Html, html } from './html.js';
import type { IdentityView, Overview, SpendTotals } from './overview.js';
import { type Page, page } from './page.js';
import type { WindowView } from './windows.js';
import { clockText, durationText, percentText, relativeText, usdText } from './words.js';

const refreshSeconds = 30;

export function dashboardPage(overview: Overview, pools: readonly string[]): Page {
  return page({
    title: `Dashboard of ${overview.pool}`,
    current: 'dashboard',
    refreshSeconds,
    aside: html`<span class="aside">${clockText(overview.at, overview.timeZone)} ${overview.timeZone} · event ${overview.seq}</span>`,
    body: html`<h1>Pool ${overview.pool}</h1>
${poolLinks(pools, overview.pool)}
${tiles(overview)}
${attention(overview)}
<section><h2>Quota</h2>${quota(overview)}</section>
<section><h2>Identities</h2>${identities(overview)}</section>
<p class="muted small">Use is in US dollars; days are those of ${overview.timeZone}, the week is today and the six days before. The same numbers: <a href="/dashboard/json?pool=${overview.pool}">/dashboard/json</a>.</p>`,
  });
}

function poolLinks(pools: readonly string[], current: string): Html | null {
  if (pools.length < 2) return null;
  const links = pools.map((pool) =>
    pool === current ? html`<b>${pool}</b> ` : html`<a href="/dashboard?pool=${pool}">${pool}</a> `,
  );
  return html`<p class="small">${links}</p>`;
}

function tiles(overview: Overview): Html {
  const total = (part: 'today' | 'week') =>
    usdText(overview.identities.reduce((sum, identity) => sum + identity[part].total, 0));
  return html`<dl class="tiles">
<div><dt>Last 24 hours</dt><dd>${usdText(overview.last24hUsd)}</dd></div>
<div><dt>Today</dt><dd>${total('today')}</dd></div>
<div><dt>This week</dt><dd>${total('week')}</dd></div>
<div><dt>Base interval</dt><dd>${durationText(overview.baseIntervalS)}</dd></div>
<div><dt>Slow-down</dt><dd>${overview.quotaBrake > 1 ? `× ${overview.quotaBrake.toFixed(1)}` : 'none'}</dd></div>
</dl>`;
}

function attention({ alerts, overdue, at, quotaPaused }: Overview): Html | null {
  if (alerts.length === 0 && overdue.length === 0 && !quotaPaused) return null;
  return html`<section><h2>Needs attention</h2>
${quotaPaused && html`<p class="notice bad"><b>Quota full.</b> Everybody waits for the reset.</p>`}
${alerts.map((alert) => html`<p class="notice bad">${!alert.text.startsWith(alert.subject) && html`<b>${alert.subject}</b> `}${alert.text} <span class="muted small">${alert.rule}, ${relativeText(alert.raisedAt, at)}${alert.acknowledgedAt !== null && ', seen'}</span></p>`)}
${overdue.map((late) => html`<p class="notice warn"><b>${late.name}</b> has been silent for ${durationText(late.silentMs / 1_000)}; it was to report every ${durationText(late.intervalS)}.</p>`)}
</section>`;
}

function quota({ windows, forecasts, at, timeZone }: Overview): Html {
  if (windows.length === 0) return html`<p class="empty">No reading of the quota yet.</p>`;
  return html`<div class="cards">${windows.map((window) => windowCard(window, forecasts.get(window.key), at, timeZone))}</div>`;
}

function windowCard(window: WindowView, forecast: AllocatedWindow | undefined, at: number, timeZone: string): Html {
  const { percent, resetsAt, elapsedPercent } = window;
  return html`<article class="card">
<div class="figure"><h3>${window.label}</h3><b>${percent === null ? 'not read' : percentText(percent)}</b></div>
${quotaBar(window)}
<p class="small">${resetText(resetsAt, at, timeZone)}${elapsedPercent !== null && html`<br><span class="muted">${percentText(elapsedPercent)} of its time is over</span>`}</p>
${forecast !== undefined && forecastText(forecast, timeZone)}
<p class="small muted">${window.measuredAt === null ? 'Never read' : `Read ${relativeText(window.measuredAt, at)}`} ${windowBadges(window)}</p>
</article>`;
}

/** What the controller makes of the readings: how sure it is, and when the window runs out at this pace. */
function forecastText({ view, runout, unattributed }: AllocatedWindow, timeZone: string): Html | null {
  if (!view.known || view.budget === null) return html`<p class="small muted">How much it holds is not known yet.</p>`;
  const outside = unattributed !== null && unattributed >= 0.01 * view.budget;
  const holds = `Holds about ${usdText(view.budget)} ± ${Math.round(100 * (view.budgetDeviation ?? 0))} %`;
  return html`<p class="small">${pace(runout, view.resetAt, timeZone)}<br><span class="muted">${holds}${outside && `; ${usdText(unattributed)} of it used outside this ledger`}</span></p>`;
}

function pace(runout: AllocatedWindow['runout'], resetAt: number | null, timeZone: string): string {
  if (runout === null) return 'Too little use to tell its pace';
  if (resetAt !== null && runout.p50 >= resetAt)
    return `Lasts at this pace: ${Math.round(runout.projected)} % at the reset`;
  return `At this pace it runs out ${clockText(runout.p10, timeZone)} to ${clockText(runout.p90, timeZone)}`;
}

function resetText(resetsAt: number | null, at: number, timeZone: string): string {
  if (resetsAt === null) return 'Reset time not known';
  if (resetsAt <= at) return `Was to reset ${relativeText(resetsAt, at)}`;
  return `Resets ${relativeText(resetsAt, at)}, ${clockText(resetsAt, timeZone)}`;
}

function windowBadges({ stale, suspect, exhausted }: WindowView): Html[] {
  const badges: Html[] = [];
  if (exhausted) badges.push(html` <span class="badge bad">exhausted</span>`);
  if (stale) badges.push(html` <span class="badge warn">stale</span>`);
  if (suspect) badges.push(html` <span class="badge warn">suspect</span>`);
  return badges;
}

const warnPercent = 75;
const badPercent = 95;

/** The mark on the bar is the time that is over: a bar beyond it is ahead of its time. */
function quotaBar({ label, percent, elapsedPercent }: WindowView): Html {
  const used = Math.min(100, percent ?? 0);
  const tone = used >= badPercent ? 'bad' : used >= warnPercent ? 'warn' : 'good';
  return html`<svg class="bar" role="img" aria-label="${label}: ${percent === null ? 'not read' : percentText(percent)}"><rect class="fill-${tone}" width="${used}%" height="100%"/>${elapsedPercent !== null && html`<rect class="fill-mark" x="${elapsedPercent}%" width="2" height="100%"/>`}</svg>`;
}

function identities({ identities: all, at, timeZone }: Overview): Html {
  if (all.length === 0)
    return html`<p class="empty">Nobody has reported yet. The first report registers its sender.</p>`;
  const todayTotal = all.reduce((sum, { today }) => sum + today.total, 0);
  const weekTotal = all.reduce((sum, { week }) => sum + week.total, 0);
  return html`<div class="scroll"><table class="stack">
<thead><tr><th>Name</th><th class="number">Today</th><th class="number">Week</th><th>Week by mode</th><th>Collaboration</th><th>Fair share</th><th>Next</th></tr></thead>
<tbody>${all.map((identity) => identityRow(identity, todayTotal, weekTotal, at, timeZone))}</tbody>
</table></div>
<p class="small muted legend"><span class="key autonomous">autonomous</span> &nbsp; <span class="key collaborative">collaborative</span></p>`;
}

function identityRow(
  identity: IdentityView,
  todayTotal: number,
  weekTotal: number,
  at: number,
  timeZone: string,
): Html {
  const { today, week } = identity;
  return html`<tr>
<td class="name">${identity.name}<small>${[identity.model, identity.ipAddress].filter(Boolean).join(' · ')}</small>${identityBadges(identity, timeZone)}</td>
<td class="number" data-label="Today"><span>${usdText(today.total)} <span class="muted small">${shareText(today.total, todayTotal)}</span></span></td>
<td class="number" data-label="Week"><span>${usdText(week.total)} <span class="muted small">${shareText(week.total, weekTotal)}</span></span></td>
<td data-label="Week by mode">${modeBar(week)}</td>
<td data-label="Collaboration"><span><span class="nowrap">${percentText(week.collaborationPercent)} <span class="muted small">of ${identity.collaborationPreferred} %</span></span> <span class="badge ${tones[week.collaborationStatus]}">${week.collaborationStatus}</span></span></td>
<td class="nowrap" data-label="Fair share">${shareOf(identity)}</td>
<td class="nowrap" data-label="Next" title="${identity.fair?.reason ?? ''}">${nextText(identity, at)}</td>
</tr>`;
}

/** Its part by weight, and whether it is behind the others or ahead of them. */
function shareOf({ fair }: IdentityView): Html {
  if (fair?.share == null) return html`<span class="muted">none</span>`;
  const { nominal, balance } = fair.share;
  const cents = Math.round(Math.abs(balance) * 100);
  const standing = cents === 0 ? 'even' : `${usdText(Math.abs(balance))} ${balance > 0 ? 'owed' : 'ahead'}`;
  return html`<span>${percentText(Math.round(nominal * 1_000) / 10)}<br><span class="muted small">${standing}</span></span>`;
}

const tones: Readonly<Record<CollaborationStatus, string>> = { available: 'good', moderate: 'warn', busy: 'bad' };

function identityBadges(identity: IdentityView, timeZone: string): Html[] {
  const { paused, pauseUntil, retired, status } = identity;
  const badges: Html[] = [];
  if (paused) {
    const until = pauseUntil === null ? 'until resumed' : `until ${clockText(pauseUntil, timeZone)}`;
    badges.push(html`<span class="badge warn">paused ${until}</span> `);
  }
  if (retired) badges.push(html`<span class="badge">retired</span> `);
  if (status !== 'confirmed') badges.push(html`<span class="badge">${status}</span> `);
  return badges;
}

function shareText(part: number, total: number): string {
  return total > 0 ? percentText(Math.round((part / total) * 1_000) / 10) : '–';
}

function modeBar({ autonomous, collaborative, total }: SpendTotals): Html {
  if (total <= 0) return html`<span class="muted">–</span>`;
  const part = (Math.max(0, autonomous) / total) * 100;
  const label = `${usdText(autonomous)} autonomous, ${usdText(collaborative)} collaborative`;
  return html`<svg class="bar thin" role="img" aria-label="${label}"><title>${label}</title><rect class="fill-autonomous" width="${part}%" height="100%"/><rect class="fill-collaborative" x="${part}%" width="${100 - part}%" height="100%"/></svg>`;
}

function nextText({ nextDue, lastSeen, lastIntervalS, paused }: IdentityView, at: number): Html {
  if (nextDue === null || lastSeen === null) return html`<span class="muted">no report yet</span>`;
  const every = lastIntervalS === null ? null : html`every ${durationText(lastIntervalS)}<br>`;
  const seen = html`<span class="muted small">${every}seen ${relativeText(lastSeen, at)}</span>`;
  if (paused) return html`<span>paused<br>${seen}</span>`;
  return html`<span>${nextDue <= at ? `due ${relativeText(nextDue, at)}` : relativeText(nextDue, at)}<br>${seen}</span>`;
}
