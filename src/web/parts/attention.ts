/** What somebody should look at: the alerts that are open, and what is no alert yet. */
import type { Alert } from '../../events/state.js';
import { alertId } from '../../status/alerts.js';
import { type Status, unreadText } from '../../status/status.js';
import { durationText } from '../../text/duration.js';
import { clockText, relativeText } from '../../text/time.js';
import { actButton } from '../actions.js';
import { type Html, html } from '../html.js';
import { pagePath } from '../page.js';
import { agentPath } from './agents-table.js';

type Of = Pick<
  Status,
  'alerts' | 'at' | 'timeZone' | 'pool' | 'overdue' | 'quotaPaused' | 'unread' | 'policy' | 'maintenance'
>;

/** Of the open alerts, the newest. */
const alertsShown = 20;

/** `all`: every alert, and not only the newest. */
export function openAlerts({ alerts, at, pool }: Of, mayAct: boolean, all = false): Html | null {
  if (alerts.length === 0) return null;
  const shown = all ? alerts : alerts.slice(0, alertsShown);
  return html`<section aria-label="Open alerts"><h2>Open alerts</h2>
${shown.map((alert) => alertNotice(alert, at, pool, mayAct))}
${alerts.length > shown.length && html`<p class="small"><a href="${pagePath('/alerts', pool)}">${alerts.length - shown.length} more</a></p>`}
</section>`;
}

function alertNotice(alert: Alert, at: number, pool: string, mayAct: boolean): Html {
  const { text, subject, rule, raisedAt, acknowledgedAt } = alert;
  const id = alertId(alert);
  return html`<div class="notice bad" data-key="${id}"><p>${!text.startsWith(subject) && html`<b><bdi>${subject}</bdi></b> `}${text} <span class="muted small"><a href="${pagePath(`/events/${id.slice(1)}`, pool)}">${id}</a>, ${rule}, ${relativeText(raisedAt, at)}${acknowledgedAt !== null && ', seen'}</span></p>${mayAct && acknowledgedAt === null && actButton('Seen', `/alerts/${id}/seen`, pool, {}, id)}</div>`;
}

/** An alert says it at more length. */
const saidByAlert = (alerts: readonly Alert[], name: string): boolean =>
  alerts.some(({ rule, subject }) => rule === 'identity-overdue' && subject === name);

export function attention(status: Of): Html | null {
  const { alerts, overdue: late, quotaPaused, unread, policy, maintenance, at, timeZone, pool } = status;
  const overdue = late.filter(({ name }) => !saidByAlert(alerts, name));
  if (overdue.length === 0 && !quotaPaused && !unread && maintenance === null) return null;
  return html`<section><h2>Needs attention</h2>
${maintenance !== null && html`<p class="notice warn"><b>Maintenance</b> until ${clockText(maintenance.until, timeZone)}, ${relativeText(maintenance.until, at)}: agents and jobs wait${maintenance.reason !== null && html`; ${maintenance.reason}`}.</p>`}
${quotaPaused && html`<p class="notice bad"><b>Quota full.</b> Everybody waits for the reset.</p>`}
${unread && html`<p class="notice warn"><b>Quota not read.</b> ${unreadText} ${durationText(policy.baseIntervalS)}.</p>`}
${overdue.map((late) => html`<p class="notice warn"><a href="${agentPath(late.name, pool)}"><b><bdi>${late.name}</bdi></b></a> has been silent for ${durationText(late.silentMs / 1_000)}; it was to report every ${durationText(late.intervalS)}.</p>`)}
</section>`;
}
