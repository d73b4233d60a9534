/** Alerts: those that are open, who has seen them, and what was raised and cleared before. */
import type { LedgerEvent } from '../../events/envelope.js';
import type { Alert } from '../../events/state.js';
import { alertId } from '../../status/alerts.js';
import type { Status } from '../../status/status.js';
import { clockText, relativeText } from '../../text/time.js';
import { actButton } from '../actions.js';
import { type Html, html } from '../html.js';
import { markup } from '../markup.js';
import { asOfText, type PageView, pagePath } from '../page.js';
import { needsAdmin } from '../parts/needs-scope.js';

/** Who said to have seen an alert. */
export interface Seen {
  readonly actor: string;
  readonly reason: string | null;
}

/** What the watchdog looks for. */
export interface AlertRule {
  readonly name: string;
  readonly meaning: string;
  readonly isUrgent: boolean;
}

export interface AlertsInput {
  readonly status: Pick<Status, 'alerts' | 'at' | 'timeZone' | 'pool' | 'seq'>;
  /** By id of the alert. */
  readonly seen: ReadonlyMap<string, Seen>;
  /** The last events of alerts that were raised and cleared, the newest first. */
  readonly past: readonly LedgerEvent[];
  readonly rules: readonly AlertRule[];
  readonly pools: readonly string[];
  readonly mayAct: boolean;
  readonly notice: Html | null;
}

export function alertsPage(input: AlertsInput): PageView {
  const { status, rules, pools, notice } = input;
  const { pool } = status;
  return {
    title: `Alerts of ${pool}`,
    current: 'alerts',
    pool,
    pools,
    notice,
    parts: [
      { id: 'head', live: true, html: html`<h1>Alerts of <bdi>${pool}</bdi></h1>${asOfText(status)}` },
      { id: 'open', live: true, html: openSection(input) },
      { id: 'past', live: true, html: pastSection(input) },
      { id: 'rules', html: rulesSection(rules) },
    ],
  };
}

function openSection(input: AlertsInput): Html {
  const { alerts } = input.status;
  const { mayAct } = input;
  if (alerts.length === 0)
    return html`<section><h2>Open</h2><p class="empty">No alert is open: nobody has to look at anything. The daemon looks each minute, and what it finds shows here by itself.</p></section>`;
  const isUnseen = alerts.some(({ acknowledgedAt }) => acknowledgedAt === null);
  return html`<section><h2>Open</h2>
<p class="prose small">An alert is open until its cause is gone; then it is cleared by itself. “Seen” tells the others that somebody looks after it. One that tells of what has happened is cleared a day after it was seen.</p>
${mayAct && isUnseen && reasonField}
${!mayAct && needsAdmin('Marking an alert as seen')}
${alerts.map((alert) => alertNotice(alert, input))}
</section>`;
}

/** Of the form that each of the buttons sends. A line of several, as the Enter key would send a field of one with the first alert. */
const reasonField = html`<div class="fields-form"><label for="reason">Why, kept with the alert that you mark (may be empty)<textarea id="reason" name="reason" form="act" rows="1" cols="40" maxlength="500"></textarea></label></div>`;

function alertNotice(alert: Alert, { status, seen, rules, mayAct }: AlertsInput): Html {
  const { at, timeZone, pool } = status;
  const { text, subject, rule, raisedAt, acknowledgedAt } = alert;
  const id = alertId(alert);
  const event = html`<a href="${pagePath(`/events/${alert.seq}`, pool)}">event ${alert.seq}</a>`;
  return html`<article class="notice ${acknowledgedAt === null ? 'bad' : ''}" data-key="${id}" aria-label="Alert ${id}">
<p>${!text.startsWith(subject) && html`<b><bdi>${subject}</bdi></b> `}<bdi dir="ltr">${text}</bdi></p>
<p class="small muted"><b>${id}</b> · ${rules.some(({ name }) => name === rule) ? html`<a href="#rule-${rule}">${rule}</a>` : html`<bdi>${rule}</bdi>`} · since ${clockText(raisedAt, timeZone)}, ${relativeText(raisedAt, at)} · ${event}</p>
${acknowledgedAt !== null && html`<p class="small muted">${seenText(seen.get(id), acknowledgedAt, timeZone)}</p>`}
${mayAct && acknowledgedAt === null && actButton('Seen', `/alerts/${id}/seen`, pool, {}, id)}
</article>`;
}

function seenText(seen: Seen | undefined, at: number, timeZone: string): Html {
  const by = seen !== undefined && html` by <code><bdi>${seen.actor}</bdi></code>`;
  const why = seen != null && seen.reason !== null && html`: <bdi>${seen.reason}</bdi>`;
  return html`Seen ${clockText(at, timeZone)}${by}${why}`;
}

function pastSection({ past, status }: AlertsInput): Html | null {
  if (past.length === 0) return null;
  const { pool, timeZone } = status;
  return html`<section><h2>Raised and cleared last</h2>
<div class="scroll" tabindex="0" role="group" aria-label="Table of alerts that were raised and cleared"><table class="stack">
<thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">About</th><th scope="col">Text</th><th scope="col">Event</th></tr></thead>
<tbody>${past.map((event) => pastRow(event, pool, timeZone))}</tbody>
</table></div></section>`;
}

function pastRow(event: LedgerEvent, pool: string, timeZone: string): Html | null {
  if (event.type !== 'alert.raised' && event.type !== 'alert.cleared') return null;
  const isRaised = event.type === 'alert.raised';
  const about = isRaised ? event.payload.subject : event.payload.dedupe_key;
  const text = isRaised ? event.payload.text : (event.payload.reason ?? 'its cause is gone');
  return html`<tr data-key="${event.seq}">
<td class="nowrap" data-label="When">${clockText(event.recorded_at, timeZone)}</td>
<td data-label="What"><span><span class="badge ${isRaised ? 'bad' : 'good'}">${isRaised ? 'raised' : 'cleared'}</span></span></td>
<td data-label="About"><span>${isRaised && html`${event.payload.rule}: `}<bdi>${about}</bdi></span></td>
<td data-label="Text"><bdi dir="ltr">${text}</bdi></td>
<td data-label="Event"><a href="${pagePath(`/events/${event.seq}`, pool)}">${event.seq}</a></td>
</tr>`;
}

function rulesSection(rules: readonly AlertRule[]): Html {
  return html`<section><h2>What raises an alert</h2>
<p class="prose">One alert for each rule and subject, however long the cause lasts. What is urgent does not wait for the end of the quiet hours. What to do about each stands in <code>docs/operating/alerts.md</code>; the thresholds are settings below <code>alerts</code>.</p>
<dl class="facts">${rules.map(({ name, meaning, isUrgent }) => html`<dt id="rule-${name}">${name}${isUrgent && html` <span class="badge warn">urgent</span>`}</dt><dd>${markup(meaning)}</dd>`)}</dl>
</section>`;
}
