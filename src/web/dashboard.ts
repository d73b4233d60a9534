/** The dashboard: what is left of the quota, who used what, who runs when, and what somebody should look at. */

import type { Alert } from '../events/state.js';
import type { CollaborationStatus } from '../fairness/collaboration-status.js';
import { alertId } from '../status/alerts.js';
import type { Breakdown, PartOfUse } from '../status/breakdown.js';
import { type IdentityState, stateText, stateWords } from '../status/identity-state.js';
import type { SpendingIdentity, SpendStatus, SpendTotals } from '../status/spend.js';
import { unreadText } from '../status/status.js';
import type { WindowStatus } from '../status/windows.js';
import { durationText } from '../text/duration.js';
import { usdEstimateText, usdText } from '../text/money.js';
import { countText, unknownText } from '../text/number.js';
import { fractionText, percentText } from '../text/percent.js';
import { clockText, relativeText } from '../text/time.js';
import { type Html, html } from './html.js';
import { type Page, page } from './page.js';

const refreshSeconds = 30;
/** Of the open alerts, the newest. */
const alertsShown = 20;

/** By which key a browser signed in, and the token with which its pages sign it out. */
export interface SignedIn {
  readonly key: string;
  readonly token: string;
}

export function dashboardPage(
  status: SpendStatus,
  breakdown: Breakdown,
  pools: readonly string[],
  signedIn: SignedIn | null = null,
): Page {
  return page({
    title: `Dashboard of ${status.pool}`,
    current: 'dashboard',
    refreshSeconds,
    aside: html`<span class="aside">${clockText(status.at, status.timeZone)} ${status.timeZone} · event ${status.seq}${signedIn !== null && signOut(signedIn)}</span>`,
    hasForm: signedIn !== null,
    body: html`<h1>Pool ${status.pool}</h1>
${poolLinks(pools, status.pool)}
${tiles(status)}
${openAlerts(status)}
${attention(status)}
<section><h2>Quota</h2>${quota(status)}</section>
<section><h2>Identities</h2>${identities(status)}</section>
${usedOf(breakdown, status.weekUsd)}
<p class="muted small">Use is in US dollars; days are those of ${status.timeZone}, the week is today and the six days before. The same numbers: <a href="/dashboard/json?pool=${status.pool}">/dashboard/json</a>.</p>`,
  });
}

function signOut({ key, token }: SignedIn): Html {
  return html` <form class="sign-out" method="post" action="/logout">· signed in as <code>${key}</code> · <input type="hidden" name="csrf" value="${token}"><button>log out</button></form>`;
}

function poolLinks(pools: readonly string[], current: string): Html | null {
  if (pools.length < 2) return null;
  const links = pools.map((pool) =>
    pool === current ? html`<b>${pool}</b> ` : html`<a href="/dashboard?pool=${pool}">${pool}</a> `,
  );
  return html`<p class="small">${links}</p>`;
}

function tiles({ policy, quotaBrake, last24hUsd, todayUsd, weekUsd }: SpendStatus): Html {
  return html`<dl class="tiles">
<div><dt>Last 24 hours</dt><dd>${usdText(last24hUsd)}</dd></div>
<div><dt>Today</dt><dd>${usdText(todayUsd)}</dd></div>
<div><dt>This week</dt><dd>${usdText(weekUsd)}</dd></div>
<div><dt>Base interval</dt><dd>${durationText(policy.baseIntervalS)}</dd></div>
<div><dt>Slow-down</dt><dd>${quotaBrake > 1 ? `× ${quotaBrake.toFixed(1)}` : 'none'}</dd></div>
</dl>`;
}

function openAlerts({ alerts, at }: SpendStatus): Html | null {
  if (alerts.length === 0) return null;
  const shown = alerts.slice(0, alertsShown);
  return html`<section><h2>Open alerts</h2>
${shown.map((alert) => html`<p class="notice bad">${!alert.text.startsWith(alert.subject) && html`<b>${alert.subject}</b> `}${alert.text} <span class="muted small">${alertId(alert)}, ${alert.rule}, ${relativeText(alert.raisedAt, at)}${alert.acknowledgedAt !== null && ', seen'}</span></p>`)}
${alerts.length > shown.length && html`<p class="small">${alerts.length - shown.length} more: <span class="nowrap">resource-share alerts list</span></p>`}
</section>`;
}

/** An alert says it at more length. */
const saidByAlert = (alerts: readonly Alert[], name: string): boolean =>
  alerts.some(({ rule, subject }) => rule === 'identity-overdue' && subject === name);

function attention(status: SpendStatus): Html | null {
  const { alerts, overdue: late, quotaPaused, unread, policy, maintenance, at, timeZone } = status;
  const overdue = late.filter(({ name }) => !saidByAlert(alerts, name));
  if (overdue.length === 0 && !quotaPaused && !unread && maintenance === null) return null;
  return html`<section><h2>Needs attention</h2>
${maintenance !== null && html`<p class="notice warn"><b>Maintenance</b> until ${clockText(maintenance.until, timeZone)}, ${relativeText(maintenance.until, at)}: agents and jobs wait${maintenance.reason !== null && html`; ${maintenance.reason}`}.</p>`}
${quotaPaused && html`<p class="notice bad"><b>Quota full.</b> Everybody waits for the reset.</p>`}
${unread && html`<p class="notice warn"><b>Quota not read.</b> ${unreadText} ${durationText(policy.baseIntervalS)}.</p>`}
${overdue.map((late) => html`<p class="notice warn"><b>${late.name}</b> has been silent for ${durationText(late.silentMs / 1_000)}; it was to report every ${durationText(late.intervalS)}.</p>`)}
</section>`;
}

function quota({ windows, at, timeZone }: SpendStatus): Html {
  const known = windows.filter(({ percent, readPercent }) => percent !== null || readPercent !== null);
  if (known.length === 0) return html`<p class="empty">No reading of the quota yet.</p>`;
  return html`<div class="cards">${known.map((window) => windowCard(window, at, timeZone))}</div>`;
}

function windowCard(window: WindowStatus, at: number, timeZone: string): Html {
  const { resetsAt, elapsedPercent } = window;
  return html`<article class="card">
<div class="figure"><h3>${window.label}</h3>${usedFigure(window)}</div>
${quotaBar(window)}
<p class="small">${resetText(resetsAt, at, timeZone)}${elapsedPercent !== null && html`<br><span class="muted">${percentText(elapsedPercent)} of its time is over</span>`}</p>
${forecastText(window, timeZone)}
<p class="small muted">${readText(window, at)} ${windowBadges(window)}</p>
</article>`;
}

/** The estimate, with its standard deviation where there is one. */
function usedFigure({ percent, percentDeviation }: WindowStatus): Html {
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

function identities({ identities: all, todayUsd, weekUsd, at, timeZone }: SpendStatus): Html {
  if (all.length === 0)
    return html`<p class="empty">Nobody has reported yet. The first report registers its sender.</p>`;
  return html`<div class="scroll"><table class="stack">
<thead><tr><th>Name</th><th class="number">Today</th><th class="number">Week</th><th>Week by mode</th><th>Collaboration</th><th>Fair share</th><th>Next</th></tr></thead>
<tbody>${all.map((identity) => identityRow(identity, todayUsd, weekUsd, at, timeZone))}</tbody>
</table></div>
<p class="small muted legend"><span class="key autonomous">autonomous</span> &nbsp; <span class="key collaborative">collaborative</span></p>`;
}

function identityRow(
  identity: SpendingIdentity,
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
<td data-label="Collaboration"><span><span class="nowrap">${percentText(week.collaborationPercent)} <span class="muted small">of ${percentText(identity.collaborationPreferred)}</span></span> <span class="badge ${tones[week.collaborationStatus]}">${week.collaborationStatus}</span></span></td>
<td class="nowrap" data-label="Fair share">${shareOf(identity)}</td>
<td data-label="Next" title="${identity.share === null ? '' : identity.reason}">${nextText(identity, at, timeZone)}</td>
</tr>`;
}

const partsShown = 8;

/** What the week's use was of, where reports say it. */
function usedOf({ models, projects }: Breakdown, weekUsd: number): Html {
  const isSaid = ({ name }: PartOfUse) => name !== null;
  return html`${models.some(isSaid) && html`<section><h2>Models, this week</h2>${partsTable('Model', models, weekUsd)}</section>`}
${projects.some(isSaid) && html`<section><h2>Projects, this week</h2>${partsTable('Project', projects, weekUsd)}</section>`}`;
}

function partsTable(head: string, parts: readonly PartOfUse[], weekUsd: number): Html {
  const shown =
    parts.length > partsShown ? [...parts.slice(0, partsShown - 1), others(parts.slice(partsShown - 1))] : parts;
  return html`<div class="scroll"><table class="stack">
<thead><tr><th>${head}</th><th class="number">Cost</th><th class="number">Tokens</th><th class="number">Reports</th></tr></thead>
<tbody>${shown.map(
    ({ name, usd, tokens, reports }) => html`<tr>
<td class="name">${name ?? 'not said'}</td>
<td class="number" data-label="Cost"><span>${usdText(usd)} <span class="muted small">${shareText(usd, weekUsd)}</span></span></td>
<td class="number" data-label="Tokens">${countText(tokens)}</td>
<td class="number" data-label="Reports">${countText(reports)}</td>
</tr>`,
  )}</tbody>
</table></div>`;
}

const others = (parts: readonly PartOfUse[]): PartOfUse => ({
  name: `${parts.length} others`,
  usd: parts.reduce((sum, { usd }) => sum + usd, 0),
  tokens: parts.reduce((sum, { tokens }) => sum + tokens, 0),
  reports: parts.reduce((sum, { reports }) => sum + reports, 0),
});

/** Its part by weight, and whether it is behind the others or ahead of them. */
function shareOf({ share }: SpendingIdentity): Html {
  if (share === null) return html`<span class="muted">none</span>`;
  const { nominal, balanceUsd } = share;
  const cents = Math.round(Math.abs(balanceUsd) * 100);
  const standing = cents === 0 ? 'even' : `${usdText(Math.abs(balanceUsd))} ${balanceUsd > 0 ? 'owed' : 'ahead'}`;
  return html`<span>${fractionText(nominal)}<br><span class="muted small">${standing}</span></span>`;
}

const tones: Readonly<Record<CollaborationStatus, string>> = { available: 'good', moderate: 'warn', busy: 'bad' };

function identityBadges(identity: SpendingIdentity, timeZone: string): Html[] {
  const { state, confirmation } = identity;
  const badges: Html[] = [];
  // When it runs next says these two.
  if (state !== 'waiting' && state !== 'due') {
    badges.push(html`<span class="badge ${stateTones[state]}">${badgeText(identity, timeZone)}</span> `);
  }
  if (confirmation !== 'confirmed' && confirmation !== state) {
    badges.push(html`<span class="badge">${confirmation}</span> `);
  }
  return badges;
}

const stateTones: Readonly<Partial<Record<IdentityState, string>>> = { paused: 'warn', blocked: 'bad', ahead: 'warn' };

/** The state, and for how long or by what. */
function badgeText(identity: SpendingIdentity, timeZone: string): string {
  if (identity.state === 'blocked') return `${stateWords.blocked} by ${identity.blockedBy.join(', ')}`;
  return stateText(identity, (at) => clockText(at, timeZone));
}

function shareText(part: number, total: number): string {
  return total > 0 ? fractionText(part / total) : unknownText;
}

function modeBar({ autonomous, collaborative, total }: SpendTotals): Html {
  if (total <= 0) return html`<span class="muted">–</span>`;
  const part = (Math.max(0, autonomous) / total) * 100;
  const label = `${usdText(autonomous)} autonomous, ${usdText(collaborative)} collaborative`;
  return html`<svg class="bar thin" role="img" aria-label="${label}"><title>${label}</title><rect class="fill-autonomous" width="${part}%" height="100%"/><rect class="fill-collaborative" x="${part}%" width="${100 - part}%" height="100%"/></svg>`;
}

function nextText(identity: SpendingIdentity, at: number, timeZone: string): Html {
  const { nextRunAt, mayRun, lastReportAt, intervalS } = identity;
  if (lastReportAt === null && nextRunAt === null && mayRun) return html`<span class="muted">no report yet</span>`;
  const every = intervalS === null ? null : html`every ${durationText(intervalS)}<br>`;
  const seen = lastReportAt === null ? 'no report yet' : `seen ${relativeText(lastReportAt, at)}`;
  return html`<span>${timeText(identity, at, timeZone)}<br><span class="muted small">${every}${seen}</span></span>`;
}

function timeText(identity: SpendingIdentity, at: number, timeZone: string): Html | string {
  const { state, nextRunAt, mayRun } = identity;
  if (nextRunAt === null) return mayRun ? 'at any time' : 'when resumed';
  const distance = relativeText(nextRunAt, at);
  if (state === 'blocked' || state === 'waiting' || state === 'due') {
    return html`${stateText(identity, (time) => clockText(time, timeZone))}<br>${distance}`;
  }
  if (!mayRun) return distance;
  return state === 'running' ? 'runs now' : `its time was ${distance}`;
}
