/** Background work of the daemon: schedules and their last runs, jobs that wait, run or failed, chores, the last backup, and days to close. */
import { countText } from '../../text/number.js';
import { clockText, relativeText } from '../../text/time.js';
import { actButton, actForm } from '../actions.js';
import { type Html, html } from '../html.js';
import type { PageView } from '../page.js';
import { type ChoreRow, choresSection, tookText } from '../parts/chores-table.js';
import { type JobRow, jobsSections, jobTone } from '../parts/jobs-table.js';

/** Times are milliseconds UTC. */
export interface ScheduleRow {
  readonly name: string;
  readonly kind: string;
  readonly pool: string;
  readonly when: string;
  readonly timeZone: string;
  readonly isPaused: boolean;
  readonly lastAt: number | null;
  readonly lastState: string | null;
  readonly lastTookMs: number | null;
  readonly lastResult: string | null;
  readonly lastError: string | null;
  readonly nextAt: number | null;
  /** It needs nothing to be said to be run. */
  readonly mayRunNow: boolean;
}

/** Null where this daemon makes none. */
export interface BackupState {
  readonly lastAt: number | null;
  readonly id: string | null;
  readonly events: number | null;
  readonly bytesAdded: number | null;
}

export interface JobsInput {
  readonly at: number;
  readonly timeZone: string;
  readonly schedules: readonly ScheduleRow[];
  /** Those that wait, run or did not succeed. */
  readonly unfinished: readonly JobRow[];
  readonly succeeded: readonly JobRow[];
  readonly chores: readonly ChoreRow[];
  readonly backup: BackupState | null;
  readonly pools: readonly string[];
  /** The last day that is over. */
  readonly yesterday: string;
  readonly token: string | null;
  readonly notice: Html | null;
}

export function jobsPage(input: JobsInput): PageView {
  const { at, timeZone, chores, notice } = input;
  return {
    title: 'Jobs',
    current: 'jobs',
    notice,
    parts: [
      {
        id: 'head',
        live: true,
        html: html`<h1>Jobs</h1><p class="muted small as-of"><span class="live-mark">live</span> ${clockText(at, timeZone)} ${timeZone}</p>`,
      },
      { id: 'schedules', live: true, html: schedulesSection(input) },
      { id: 'unfinished', live: true, html: jobsSections(input) },
      { id: 'backup', live: true, html: backupSection(input) },
      { id: 'close', html: closeSection(input) },
      { id: 'chores', live: true, html: choresSection(chores, at) },
    ],
  };
}

function schedulesSection({ schedules, at, timeZone }: JobsInput): Html {
  if (schedules.length === 0)
    return html`<section><h2>Schedules</h2><p class="empty">No job has a schedule: the settings below <code>jobs.schedules</code> have switched them off.</p></section>`;
  return html`<section><h2>Schedules</h2>
<p class="prose small">What one daemon of all does at its times. What was missed while none ran is made up for as the schedule says.</p>
<div class="scroll" tabindex="0" role="group" aria-label="Table of schedules"><table class="stack">
<thead><tr><th scope="col">Job</th><th scope="col">When</th><th scope="col">Last by schedule</th><th scope="col">What came of it</th><th scope="col">Next run</th><th scope="col"><span class="unseen">Acts</span></th></tr></thead>
<tbody>${schedules.map((schedule) => scheduleRow(schedule, at, timeZone))}</tbody>
</table></div></section>`;
}

function scheduleRow(schedule: ScheduleRow, at: number, timeZone: string): Html {
  const { name, kind, pool, when, isPaused, lastAt, nextAt, mayRunNow } = schedule;
  const path = `/jobs/${encodeURIComponent(kind)}`;
  return html`<tr data-key="${name}">
<th scope="row" class="name">${kind}${name !== kind && html`<small>pool <bdi>${pool}</bdi></small>`}</th>
<td class="nowrap" data-label="When"><span><code>${when}</code><br><span class="muted small">${schedule.timeZone}</span></span></td>
<td data-label="Last by schedule"><span>${timeText(lastAt, at, timeZone, 'never')}</span></td>
<td data-label="What came of it"><span>${outcomeText(schedule)}</span></td>
<td data-label="Next run"><span>${isPaused ? html`<span class="badge warn">paused</span>` : timeText(nextAt, at, timeZone, 'none')}</span></td>
<td class="acts">${mayRunNow && actButton('Run now', `${path}/run`, pool, {}, kind)}${actButton(isPaused ? 'Go on' : 'Pause', `${path}/pause`, undefined, { paused: isPaused ? 'no' : 'yes' }, kind)}</td>
</tr>`;
}

function timeText(time: number | null, at: number, timeZone: string, none: string): Html {
  if (time === null) return html`<span class="muted">${none}</span>`;
  return html`${relativeText(time, at)}<br><span class="muted small">${clockText(time, timeZone)}</span>`;
}

function outcomeText({ lastState, lastTookMs, lastResult, lastError }: ScheduleRow): Html {
  if (lastState === null) return html`<span class="muted">–</span>`;
  return html`<span class="badge ${jobTone(lastState)}">${lastState}</span>${lastTookMs !== null && html` <span class="muted small">took ${tookText(lastTookMs)}</span>`}
${lastError !== null && html`<br><span class="small"><bdi>${lastError}</bdi></span>`}
${lastError === null && lastResult !== null && html`<br><span class="small"><bdi>${lastResult}</bdi></span>`}`;
}

function backupSection({ backup, at, timeZone }: JobsInput): Html {
  if (backup === null)
    return html`<section><h2>Backup</h2><p class="empty">This daemon makes no backups: set <code>backup.folder</code>, on another disk, and it makes one by itself; or make one by hand with <code>resource-share backup create --folder FOLDER</code>.</p></section>`;
  const { lastAt, id, events, bytesAdded } = backup;
  if (lastAt === null)
    return html`<section><h2>Backup</h2><p class="notice warn">No backup was made yet, or the job that made it is kept no longer.</p></section>`;
  return html`<section><h2>Backup</h2><dl class="facts">
<dt>Last one</dt><dd>${relativeText(lastAt, at)}, ${clockText(lastAt, timeZone)}${id !== null && html` · <code>${id}</code>`}</dd>
${events !== null && html`<dt>Events in it</dt><dd>${countText(events)}</dd>`}
${bytesAdded !== null && html`<dt>Written for it</dt><dd>${countText(bytesAdded)} bytes</dd>`}
<dt>Verification</dt><dd>Nobody verifies backups by a schedule, and none is recorded. <code>resource-share backup verify --folder FOLDER</code> does it, with every event and file.</dd>
</dl></section>`;
}

function closeSection({ pools, yesterday, token }: JobsInput): Html {
  return html`<section><h2>Close a day</h2>
<p class="prose small">The totals of the day become a fact of the log. Each day is closed by itself at midnight; by hand it is closed again, with what was reported late. There is no undo: a day that was closed by mistake is closed again with the right totals. Without a change nothing is recorded.</p>
${actForm(
  '/jobs/close-day',
  undefined,
  token,
  html`<label>Day<input type="date" name="date" value="${yesterday}" max="${yesterday}" required></label>
${pools.length > 1 && html`<label>Pool<select name="of">${pools.map((pool) => html`<option>${pool}</option>`)}</select></label>`}
<button>Close it</button>`,
)}</section>`;
}
