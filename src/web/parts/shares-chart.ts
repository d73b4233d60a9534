/** What part of all use was whose over time, beside what weights entitled each to: a chart of lines, and its table. */
import type { AgentShares, SharesOverTime } from '../../status/shares-over-time.js';
import { fractionText } from '../../text/percent.js';
import { clockText } from '../../text/time.js';
import type { ChartSeries } from '../chart-figures.js';
import { type Html, html } from '../html.js';
import { agentPath } from './agents-table.js';
import { chart } from './chart.js';

/** More cannot be told from each other: the table has all. */
const agentsDrawn = 3;

/** Nothing where no shares are known of the time. */
export function sharesChart(shares: SharesOverTime, pool: string): Html | null {
  const { agents, steps } = shares;
  const shown = agents.filter(({ used, entitled }) => [...used, ...entitled].some((part) => part !== null));
  if (shown.length === 0) return null;
  const drawn = shown.filter(({ name }) => name !== null).slice(0, agentsDrawn);
  const figures = {
    unit: 'percent',
    timeZone: steps.timeZone,
    // The last step ends where the time does: its value holds until there.
    x: [...steps.starts, steps.until].map((at) => at / 1_000),
    series: drawn.flatMap(linesOf),
  } as const;
  const few = drawn.length < shown.length ? ` Drawn are the ${drawn.length} that used most; the table has all.` : '';
  return html`<p class="small">Solid: which part of all autonomous use was the agent’s. Dashed: which part its weight entitled it to, at the end of each ${steps.kind}. Work with a person is in neither.${few}</p>
${chart('shares', `Use against entitlement, each ${steps.kind}`, figures, table(shares, shown, pool))}`;
}

const nameOf = ({ name, names }: AgentShares): string => name ?? `${names} others`;

function linesOf(one: AgentShares, i: number): ChartSeries[] {
  const held = (parts: readonly (number | null)[]) =>
    [...parts, parts.at(-1) ?? null].map((part) => (part === null ? null : part * 100));
  const look = { kind: 'steps', colour: `--series-${i + 1}` } as const;
  return [
    { ...look, label: nameOf(one), values: held(one.used) },
    { ...look, label: `${nameOf(one)}, by weight`, values: held(one.entitled), dashed: true },
  ];
}

/** The newest step first, and only those in which something was used. */
function table({ steps, usd }: SharesOverTime, agents: readonly AgentShares[], pool: string): Html {
  const { starts, timeZone } = steps;
  const rows = starts.map((start, i) => ({ start, i })).filter(({ i }) => (usd[i] ?? 0) > 0);
  const head = (one: AgentShares) =>
    one.name === null ? nameOf(one) : html`<a href="${agentPath(one.name, pool)}"><bdi>${one.name}</bdi></a>`;
  return html`<table><thead><tr><th scope="col">From</th>${agents.map((one) => html`<th scope="col" class="number">${head(one)}</th>`)}</tr></thead>
<tbody><tr><th scope="row">All of it</th>${agents.map(({ total }) => cell(total.used, total.entitled))}</tr>
${rows.reverse().map(({ start, i }) => html`<tr><th scope="row" class="nowrap">${clockText(start, timeZone)}</th>${agents.map(({ used, entitled }) => cell(used[i] ?? null, entitled[i] ?? null))}</tr>`)}</tbody></table>`;
}

const partText = (part: number | null): string => (part === null ? '–' : fractionText(part));

/** Of one that was not there, nothing. */
const cell = (used: number | null, entitled: number | null): Html =>
  used === 0 && entitled === 0
    ? html`<td></td>`
    : html`<td class="number nowrap">${partText(used)} <span class="muted">of ${partText(entitled)}</span></td>`;
