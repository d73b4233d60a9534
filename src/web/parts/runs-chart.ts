/** What an agent had been told before each of its runs, and how long it waited: a chart, and its table. */
import type { AgentRun, AgentRuns } from '../../status/agent-runs.js';
import { durationText } from '../../text/duration.js';
import { clockText } from '../../text/time.js';
import { type Html, html } from '../html.js';
import { chart } from './chart.js';
import { eventPath } from './events-table.js';

/** Of the newest; the chart has all. */
const rowsMax = 50;
/** A wait is kept that lasted at least so much of what was told: clients round, and start a little early. */
const keptPart = 0.9;
/** A night would press all other waits to the ground: the chart ends at so many times the longest that was told. */
const drawnTimes = 3;

/** Nothing where no wait is known in the time. */
export function runsChart({ runs, knownFrom }: AgentRuns, pool: string, timeZone: string): Html | null {
  const told = runs.filter(({ toldS }) => toldS !== null);
  if (told.length === 0) return null;
  const top = drawnTimes * Math.max(60, ...told.map(({ toldS }) => toldS ?? 0));
  const isHigh = told.some(({ keptS }) => keptS > top);
  const figures = {
    unit: 'minutes',
    timeZone,
    x: told.map(({ start }) => start / 1_000),
    series: [
      { label: 'told', kind: 'steps', dashed: true, values: told.map(({ toldS }) => (toldS ?? 0) / 60) },
      { label: 'kept', kind: 'points', values: told.map(({ keptS }) => keptS / 60) },
    ],
    ...(isHigh ? { yMax: top / 60 } : {}),
  } as const;
  return html`<p class="small">Before each run: the interval that it had been told last, and how long it really was from the start of the run before. ${summary(told)}${isHigh && ` Waits of more than ${durationText(top)} are in the table alone.`}${knownFrom !== null && ` Known from ${clockText(knownFrom, timeZone)} on: more events are not gone through.`}</p>
${chart('runs', 'Intervals told and kept', figures, table(told, pool, timeZone))}`;
}

/** Waits that a person interrupted say nothing of how the agent keeps to what it is told. */
function summary(told: readonly AgentRun[]): string {
  const own = told.filter(({ isAfterPerson }) => !isAfterPerson);
  if (own.length === 0) return 'A person worked with it before each of them.';
  const kept = own.filter(({ toldS, keptS }) => keptS >= keptPart * (toldS ?? 0));
  return `${kept.length} of ${own.length} waits without a person in between lasted at least nine tenths of what it had been told.`;
}

/** The newest first. */
function table(told: readonly AgentRun[], pool: string, timeZone: string): Html {
  const newest = told.slice(-rowsMax).reverse();
  return html`<table><thead><tr><th scope="col">Run began</th><th scope="col" class="number">Told</th><th scope="col" class="number">Kept</th><th scope="col">What else</th></tr></thead>
<tbody>${newest.map((run) => html`<tr data-key="${run.seq}"><th scope="row" class="nowrap"><a href="${eventPath(run.seq, pool)}">${clockText(run.start, timeZone)}</a></th><td class="number nowrap">${durationText(run.toldS ?? 0)}</td><td class="number nowrap">${durationText(Math.round(run.keptS))}</td><td class="small">${besides(run)}</td></tr>`)}</tbody></table>`;
}

const besides = ({ isForWindow, isAfterPerson }: AgentRun): string =>
  [...(isForWindow ? ['a window was full'] : []), ...(isAfterPerson ? ['a person worked with it'] : [])].join('; ');
