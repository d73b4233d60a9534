/** Chores: what each daemon does for itself by a timer. */
import { durationText } from '../../text/duration.js';
import { relativeText } from '../../text/time.js';
import { type Html, html } from '../html.js';

/** Times are milliseconds UTC. */
export interface ChoreRow {
  readonly kind: string;
  readonly everyMs: number | null;
  readonly startedAt: number | null;
  readonly tookMs: number | null;
  readonly error: string | null;
}

export function choresSection(chores: readonly ChoreRow[], at: number): Html | null {
  if (chores.length === 0) return null;
  return html`<section><h2>Chores of this daemon</h2>
<p class="prose small">What each daemon does for itself by a timer. Nothing of it is kept but what is shown here, since it started; one that fails is tried again at its next time.</p>
<div class="scroll" tabindex="0" role="group" aria-label="Table of chores"><table class="stack">
<thead><tr><th scope="col">Chore</th><th scope="col">When</th><th scope="col">Last run</th><th scope="col">What came of it</th><th scope="col">Next run</th></tr></thead>
<tbody>${chores.map((chore) => choreRow(chore, at))}</tbody>
</table></div></section>`;
}

function choreRow(chore: ChoreRow, at: number): Html {
  const { kind, everyMs, startedAt } = chore;
  return html`<tr data-key="${kind}">
<th scope="row" class="name">${kind}</th>
<td data-label="When">${everyMs === null ? 'at the start' : `every ${tookText(everyMs)}`}</td>
<td data-label="Last run">${startedAt === null ? 'not yet' : relativeText(startedAt, at)}</td>
<td data-label="What came of it"><span>${outcome(chore)}</span></td>
<td data-label="Next run">${nextText(chore, at)}</td>
</tr>`;
}

function outcome({ startedAt, tookMs, error }: ChoreRow): Html {
  if (startedAt === null) return html`<span class="muted">–</span>`;
  if (tookMs === null) return html`<span class="badge">runs</span>`;
  if (error === null)
    return html`<span class="badge good">done</span> <span class="muted small">took ${tookText(tookMs)}</span>`;
  return html`<span class="badge bad">failed</span> <span class="small"><bdi>${error}</bdi></span>`;
}

/** Most of them take less than a second. */
export function tookText(ms: number): string {
  if (ms < 0.5) return 'less than 1 ms';
  return ms < 1_000 ? `${Math.round(ms)} ms` : durationText(ms / 1_000);
}

function nextText({ everyMs, startedAt, tookMs }: ChoreRow, at: number): string {
  if (everyMs === null) return 'at the next start';
  if (startedAt === null) return `within ${tookText(everyMs)}`;
  if (tookMs === null) return 'after this one';
  const leftMs = startedAt + everyMs - at;
  return leftMs < 500 ? 'now' : `in ${durationText(leftMs / 1_000)}`;
}
