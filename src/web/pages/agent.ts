/** One agent: how it stands and why, what it used, what it was told, and what can be done about it. */
import type { AgentDetail } from '../../status/agent-detail.js';
import { stateText } from '../../status/identity-state.js';
import type { SpendingIdentity, SpendStatus } from '../../status/spend.js';
import type { UseKey, UseOverTime } from '../../status/use-over-time.js';
import { durationText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { fractionText, percentText } from '../../text/percent.js';
import { clockText, relativeText } from '../../text/time.js';
import { actButton, actForm } from '../actions.js';
import { type Html, html } from '../html.js';
import { asOfText, type PageView, pagePath } from '../page.js';
import { agentBadges, agentPath } from '../parts/agents-table.js';
import { eventPath } from '../parts/events-table.js';
import { runsChart } from '../parts/runs-chart.js';
import { sharesChart } from '../parts/shares-chart.js';
import { explanationSteps } from '../parts/steps.js';
import { type UseFilter, useChart, useFilter } from '../parts/use-chart.js';

export interface AgentInput {
  readonly status: SpendStatus;
  readonly identity: SpendingIdentity;
  readonly detail: AgentDetail;
  /** Everybody else who takes part. */
  readonly others: readonly string[];
  readonly notice: Html | null;
  readonly mayAct: boolean;
  readonly token: string | null;
  readonly filter: UseFilter;
}

export function agentPage(input: AgentInput): PageView {
  const { status, identity, detail, notice, mayAct, filter } = input;
  const { pool, timeZone } = status;
  const { name } = identity;
  return {
    title: name,
    current: 'dashboard',
    pool,
    notice,
    parts: [
      {
        id: 'standing',
        live: true,
        html: html`<h1><bdi>${name}</bdi> ${agentBadges(identity, timeZone)}</h1>
${asOfText(status)}
${standing(identity, status)}
${mayAct && html`<p class="acts">${acts(identity, pool)}</p>`}`,
      },
      { id: 'filter', html: html`<h2>Use</h2>${useFilter(agentPath(name, pool), pool, filter, agentKeys)}` },
      { id: 'use', live: true, html: useChart(useBy(detail, filter.by), pool) },
      { id: 'shares', live: true, html: sharesChart(detail.shares, pool) },
      { id: 'runs', live: true, html: runsChart(detail.runs, pool, timeZone) },
      { id: 'steps', live: true, html: explanationSteps(detail.explanation, pool) },
      { id: 'forms', html: mayAct && forms(input) },
      { id: 'turns', live: true, html: turns(detail, timeZone, pool) },
      {
        id: 'events',
        live: true,
        html: html`<section aria-label="Newest events"><h2>Newest events</h2>${events(detail, pool, timeZone)}
<p class="small"><a href="${pagePath('/events', pool, { identity: name })}">All of its events</a></p></section>`,
      },
    ],
  };
}

/** By what the use of one agent can be told apart. */
export const agentKeys = ['model', 'project', 'session'] as const;

function useBy({ use, status }: AgentDetail, by: UseKey): UseOverTime {
  const { models, projects, sessions, steps, total } = use;
  const series = { model: models, project: projects, session: sessions }[by as (typeof agentKeys)[number]];
  return { by, seq: status.seq, steps, series, total };
}

function events({ events: newest }: AgentDetail, pool: string, timeZone: string): Html {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table of events"><table class="stack">
<thead><tr><th scope="col" class="number">Seq</th><th scope="col">Recorded</th><th scope="col">Type</th><th scope="col">What it says</th></tr></thead>
<tbody>${newest.map(
    ({
      seq,
      type,
      recordedAt,
      line,
    }) => html`<tr data-key="${seq}"><th scope="row" class="number"><a href="${eventPath(seq, pool)}">${seq}</a></th>
<td class="nowrap" data-label="Recorded">${clockText(recordedAt, timeZone)}</td><td data-label="Type"><code>${type}</code></td><td class="small" data-label="What it says"><span>${line}</span></td></tr>`,
  )}</tbody></table></div>`;
}

function turns({ turns: all }: AgentDetail, timeZone: string, pool: string): Html | null {
  if (all.length === 0) return null;
  return html`<section aria-label="Turns"><h2>Turns</h2><div class="scroll" tabindex="0" role="group" aria-label="Table of turns"><table class="stack">
<thead><tr><th scope="col">Granted</th><th scope="col">State</th><th scope="col">Until</th><th scope="col">Used</th></tr></thead>
<tbody>${all.map(
    ({
      turn,
      status,
      grantedAt,
      expiresAt,
      endedAt,
      usageSeq,
    }) => html`<tr data-key="${turn}"><th scope="row">${clockText(grantedAt, timeZone)}</th>
<td data-label="State">${status}</td><td data-label="Until">${clockText(endedAt ?? expiresAt ?? grantedAt, timeZone)}</td>
<td data-label="Used">${usageSeq === null ? '–' : html`<a href="${eventPath(usageSeq, pool)}">event ${usageSeq}</a>`}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function standing(identity: SpendingIdentity, { at, timeZone }: SpendStatus): Html {
  const { share, nextRunAt, mayRun, intervalS, wouldBeS, lastReportAt, reason, today, week, model } = identity;
  const next =
    nextRunAt === null
      ? mayRun
        ? 'at any time'
        : 'when resumed'
      : `${clockText(nextRunAt, timeZone)}, ${relativeText(nextRunAt, at)}`;
  return html`<dl class="facts">
<dt>State</dt><dd>${stateText(identity, (time) => clockText(time, timeZone))}</dd>
<dt>Next run</dt><dd>${next}</dd>
<dt>Why</dt><dd>${reason}</dd>
<dt>Interval</dt><dd>${intervalS === null ? 'not told yet' : `told ${durationText(intervalS)}`}; now it would be ${durationText(wouldBeS)}</dd>
<dt>Last report</dt><dd>${lastReportAt === null ? 'none yet' : `${relativeText(lastReportAt, at)}, ${clockText(lastReportAt, timeZone)}`}</dd>
<dt>Used</dt><dd>${usdText(today.total)} today, ${usdText(week.total)} in the last 7 days (${usdText(week.autonomous)} autonomous, ${usdText(week.collaborative)} collaborative: ${percentText(week.collaborationPercent)})</dd>
${share !== null && html`<dt>Share</dt><dd>${fractionText(share.nominal)} by weight ${share.weight}${share.group !== null && html` in the group <bdi>${share.group}</bdi>`}; ${usdText(share.usedUsd)} used in this quota week, ${balanceText(share.balanceUsd)}</dd>`}
${model !== null && html`<dt>Model</dt><dd><bdi>${model}</bdi></dd>`}
</dl>`;
}

function balanceText(usd: number): string {
  if (Math.round(Math.abs(usd) * 100) === 0) return 'even with the others';
  return usd > 0 ? `${usdText(usd)} owed to it` : `${usdText(-usd)} ahead of the others`;
}

function acts({ name, paused, state, confirmation }: SpendingIdentity, pool: string): Html {
  const path = `/agents/${encodeURIComponent(name)}`;
  const act = (label: string, what: string, values: Readonly<Record<string, string>> = {}) =>
    html`${actButton(label, `${path}/${what}`, pool, values, name)} `;
  if (state === 'retired') return act('Take part again', 'reinstate');
  return html`${
    paused
      ? act('Resume', 'resume')
      : html`${act('Pause 1 h', 'pause', { minutes: '60' })}${act('Pause until resumed', 'pause')}`
  }${confirmation !== 'confirmed' && act('Confirm', 'confirm')}`;
}

/** What needs more than a press. */
function forms({ identity, status, others, detail, token }: AgentInput): Html {
  const names = [...detail.aliases, ...detail.merged];
  const { pool } = status;
  const { name, share, state } = identity;
  const path = `/agents/${encodeURIComponent(name)}`;
  return html`<section aria-label="Change"><h2>Change</h2>
${actForm(`${path}/weight`, pool, token, html`<label>Weight <input name="weight" type="number" min="0.001" step="any" required value="${share?.weight ?? 1}"></label><button formaction="${pagePath(`${path}/weight/preview`, pool)}">See last week first</button><button>Set the weight</button>`)}
${actForm(`${path}/alias`, pool, token, html`<label>Another name it goes by <input name="alias" required maxlength="200" autocomplete="off"></label><button>Add the name</button>`)}
${names.length > 0 && html`<p class="small muted">It also goes by ${names.map((alias, i) => html`${i > 0 && ', '}<bdi>${alias}</bdi>`)}.</p>`}
${others.length > 0 && actForm(`${path}/merge`, pool, token, html`<label>It is really <select name="into" required><option value="">choose…</option>${others.map((each) => html`<option>${each}</option>`)}</select></label><button>Merge into it</button><span class="small muted">There is no way back: what it used counts there for good.</span>`)}
${state !== 'retired' && html`<details class="small"><summary>Retire</summary><p>It has no share any more. What it used stays, and it can be taken back.</p>${actForm(`${path}/retire`, pool, token, html`<button>Retire ${name}</button>`)}</details>`}
</section>`;
}
