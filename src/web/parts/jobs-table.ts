/** Jobs: those that wait, run or did not succeed, with what can be done about them, and the last ones that succeeded. */
import { fractionText } from '../../text/percent.js';
import { relativeText } from '../../text/time.js';
import { actButton } from '../actions.js';
import { type Html, html } from '../html.js';
import { tookText } from './chores-table.js';

/** Times are milliseconds UTC. */
export interface JobRow {
  readonly id: string;
  readonly kind: string;
  readonly pool: string | null;
  readonly state: string;
  /** It was told to end, and has not yet. */
  readonly isEnding: boolean;
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly runAt: number;
  readonly finishedAt: number | null;
  readonly tookMs: number | null;
  /** From 0 to 1. */
  readonly progress: number | null;
  /** What it said last. */
  readonly lines: readonly string[];
  readonly result: string | null;
  readonly error: string | null;
}

/** `unfinished`: those that wait, run or did not succeed. */
export function jobsSections({
  unfinished,
  succeeded,
  at,
}: {
  readonly unfinished: readonly JobRow[];
  readonly succeeded: readonly JobRow[];
  readonly at: number;
}): Html {
  return html`<section><h2>Waiting, running, failed</h2>
${unfinished.length === 0 ? html`<p class="empty">No job waits, runs or has failed.</p>` : jobsTable(unfinished, at, 'Table of jobs that wait, run or failed')}</section>
${succeeded.length > 0 && html`<details class="words" id="succeeded"><summary>Jobs that succeeded last (${succeeded.length})</summary>${jobsTable(succeeded, at, 'Table of jobs that succeeded')}</details>`}`;
}

const jobsTable = (
  jobs: readonly JobRow[],
  at: number,
  label: string,
): Html => html`<div class="scroll" tabindex="0" role="group" aria-label="${label}"><table class="stack">
<thead><tr><th scope="col">Job</th><th scope="col">State</th><th scope="col">When</th><th scope="col" class="number">Attempts</th><th scope="col">What came of it</th><th scope="col"><span class="unseen">Acts</span></th></tr></thead>
<tbody>${jobs.map((job) => jobRow(job, at))}</tbody>
</table></div>`;

function jobRow(job: JobRow, at: number): Html {
  const { id, kind, pool, state, isEnding, attempts, attemptsMax, progress } = job;
  return html`<tr data-key="${id}">
<th scope="row" class="name"><bdi>${kind}</bdi><small><code>${id}</code>${pool !== null && html` pool <bdi>${pool}</bdi>`}</small></th>
<td data-label="State"><span><span class="badge ${jobTone(state)}">${isEnding ? 'ending' : state}</span>${state === 'running' && progress !== null && html` <span class="muted small">${fractionText(progress)}</span>`}</span></td>
<td data-label="When">${whenText(job, at)}</td>
<td class="number" data-label="Attempts">${attempts} of ${attemptsMax}</td>
<td class="small" data-label="What came of it"><span>${cameOf(job)}</span></td>
<td class="acts">${acts(job)}</td>
</tr>`;
}

function whenText({ state, runAt, finishedAt, tookMs }: JobRow, at: number): string {
  const took = tookMs === null ? '' : `, took ${tookText(tookMs)}`;
  if (finishedAt !== null) return `${relativeText(finishedAt, at)}${took}`;
  return state === 'pending' ? `due ${relativeText(runAt, at)}` : 'now';
}

function cameOf({ error, result, lines }: JobRow): Html {
  return html`${error !== null && html`<bdi>${error}</bdi>`}${error === null && result !== null && html`<bdi>${result}</bdi>`}${lines.length > 0 && html`<details><summary>What it said</summary>${lines.map((line) => html`<bdi>${line}</bdi><br>`)}</details>`}`;
}

function acts({ id, kind, state, isEnding }: JobRow): Html | null {
  const button = (label: string, verb: string) =>
    actButton(label, `/jobs/${encodeURIComponent(id)}/${verb}`, undefined, {}, `${kind} ${id}`);
  if (state === 'pending' || state === 'running') return isEnding ? null : button('Cancel', 'cancel');
  return state === 'succeeded' ? null : html`${button('Retry', 'retry')}${button('Discard', 'discard')}`;
}

/** How a state looks. */
export function jobTone(state: string): string {
  if (state === 'succeeded') return 'good';
  if (state === 'failed' || state === 'dead') return 'bad';
  return state === 'cancelled' ? 'warn' : '';
}
