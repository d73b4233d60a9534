/** Everybody who takes part: what each has used and is entitled to, and when it runs next and why. */
import type { CollaborationStatus } from '../../fairness/collaboration-status.js';
import { type IdentityState, stateText, stateWords } from '../../status/identity-state.js';
import type { SpendingIdentity, SpendStatus, SpendTotals } from '../../status/spend.js';
import { durationText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { fractionText, percentText } from '../../text/percent.js';
import { clockText, relativeText } from '../../text/time.js';
import { actButton } from '../actions.js';
import { type Html, html } from '../html.js';
import { pagePath } from '../page.js';
import { shareText } from './used-of.js';

/** `mayAct`: with buttons to pause and resume. */
export function agentsTable(status: SpendStatus, mayAct: boolean): Html {
  const { identities } = status;
  if (identities.length === 0)
    return html`<p class="empty">Nobody has reported yet. The first report registers its sender.</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table of agents"><table class="stack">
<thead><tr><th scope="col">Name</th><th scope="col" class="number">Today</th><th scope="col" class="number">Last 7 days</th><th scope="col">By mode</th><th scope="col">Collaboration</th><th scope="col">Fair share</th><th scope="col">Next run</th>${mayAct && html`<th scope="col"><span class="unseen">Acts</span></th>`}</tr></thead>
<tbody>${identities.map((identity) => agentRow(identity, status, mayAct))}</tbody>
</table></div>
<p class="small muted legend"><span class="key autonomous">autonomous</span> &nbsp; <span class="key collaborative">collaborative</span></p>
${words}`;
}

/** Each word that is not of every day, in a sentence. */
const words = html`<details class="words small" id="words"><summary>What the words mean</summary><dl>
<dt>owed</dt><dd>It has had less than its share by weight in this quota week; it runs more often until that is made up.</dd>
<dt>ahead</dt><dd>It has had more than its share; it runs less often until the others have caught up.</dd>
<dt>lends</dt><dd>It does not use its share at the moment, so that the others may; what it lent counts as owed when it comes back.</dd>
<dt>available, moderate, busy</dt><dd>Its collaboration, against the part of its use that it prefers to be collaboration: below, up to 10 points above, more.</dd>
<dt>last 7 days</dt><dd>Today and the six days before, in the time zone of the pool. The quota week begins when the provider resets it, and is what the shares are about.</dd>
</dl></details>`;

function agentRow(identity: SpendingIdentity, status: SpendStatus, mayAct: boolean): Html {
  const { name, today, week, model, ipAddress, collaborationPreferred } = identity;
  const { todayUsd, weekUsd, at, timeZone, pool } = status;
  return html`<tr data-key="${name}">
<th scope="row" class="name"><a href="${agentPath(name, pool)}"><bdi>${name}</bdi></a><small>${[model, ipAddress].filter(Boolean).join(' · ')}</small>${agentBadges(identity, timeZone)}</th>
<td class="number" data-label="Today"><span>${usdText(today.total)} <span class="muted small">${shareText(today.total, todayUsd)}</span></span></td>
<td class="number" data-label="Last 7 days"><span>${usdText(week.total)} <span class="muted small">${shareText(week.total, weekUsd)}</span></span></td>
<td data-label="By mode">${modeBar(week)}</td>
<td data-label="Collaboration"><span><span class="nowrap">${percentText(week.collaborationPercent)} <span class="muted small">of ${percentText(collaborationPreferred)}</span></span> <span class="badge ${tones[week.collaborationStatus]}">${week.collaborationStatus}</span></span></td>
<td class="nowrap" data-label="Fair share">${shareOf(identity)}</td>
<td data-label="Next run">${nextText(identity, at, timeZone)}</td>
${mayAct && html`<td class="acts">${pauseButton(identity, pool)}</td>`}
</tr>
${identity.share !== null && html`<tr class="why" data-key="${name}: why"><td colspan="${mayAct ? 8 : 7}">${identity.reason}</td></tr>`}`;
}

export const agentPath = (name: string, pool: string): string => pagePath(`/agents/${encodeURIComponent(name)}`, pool);

export function pauseButton({ name, paused, state }: SpendingIdentity, pool: string): Html | null {
  if (state === 'retired') return null;
  const path = `/agents/${encodeURIComponent(name)}`;
  return paused
    ? actButton('Resume', `${path}/resume`, pool, {}, name)
    : actButton('Pause 1 h', `${path}/pause`, pool, { minutes: '60' }, name);
}

/** Its part by weight, and whether it is behind the others or ahead of them. */
function shareOf({ share }: SpendingIdentity): Html {
  if (share === null) return html`<span class="muted">none</span>`;
  const { nominal, balanceUsd, weight } = share;
  const cents = Math.round(Math.abs(balanceUsd) * 100);
  const standing = cents === 0 ? 'even' : `${usdText(Math.abs(balanceUsd))} ${balanceUsd > 0 ? 'owed' : 'ahead'}`;
  return html`<span>${fractionText(nominal)} <span class="muted small">weight ${weight}</span><br><span class="muted small">${standing}</span></span>`;
}

const tones: Readonly<Record<CollaborationStatus, string>> = { available: 'good', moderate: 'warn', busy: 'bad' };

export function agentBadges(identity: SpendingIdentity, timeZone: string): Html[] {
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
