/** One agent: how it stands and why, what it used, what it was told, and what can be done about it. */
import type { StoredEvent } from '../../events/envelope.js';
import { stateText } from '../../status/identity-state.js';
import type { SpendingIdentity, SpendStatus } from '../../status/spend.js';
import { durationText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { fractionText, percentText } from '../../text/percent.js';
import { clockText, relativeText } from '../../text/time.js';
import { actButton, actForm } from '../actions.js';
import { type Html, html } from '../html.js';
import { asOfText, type PageView, pagePath } from '../page.js';
import { agentBadges } from '../parts/agents-table.js';
import { eventsTable } from '../parts/events-table.js';

export interface AgentInput {
  readonly status: SpendStatus;
  readonly identity: SpendingIdentity;
  /** Other names it answers to. */
  readonly aliases: readonly string[];
  /** Everybody else who takes part. */
  readonly others: readonly string[];
  /** The newest events about it. */
  readonly events: readonly StoredEvent[];
  readonly notice: Html | null;
  readonly mayAct: boolean;
  readonly token: string | null;
  /** Charts and tables of its use; null where there are none. */
  readonly figures: Html | null;
  /** The steps from its share to its interval. */
  readonly steps: Html | null;
}

export function agentPage(input: AgentInput): PageView {
  const { status, identity, events, notice, mayAct, figures, steps } = input;
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
      { id: 'steps', live: true, html: steps },
      { id: 'figures', html: figures },
      { id: 'forms', html: mayAct && forms(input) },
      {
        id: 'events',
        live: true,
        html: html`<section aria-label="Newest events"><h2>Newest events</h2>${eventsTable(events, pool, timeZone)}
<p class="small"><a href="${pagePath('/events', pool, { identity: name })}">All of its events</a></p></section>`,
      },
    ],
  };
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
function forms({ identity, status, others, aliases, token }: AgentInput): Html {
  const { pool } = status;
  const { name, share, state } = identity;
  const path = `/agents/${encodeURIComponent(name)}`;
  return html`<section aria-label="Change"><h2>Change</h2>
${actForm(`${path}/weight`, pool, token, html`<label>Weight <input name="weight" type="number" min="0.001" step="any" required value="${share?.weight ?? 1}"></label><button>Set the weight</button>`)}
${actForm(`${path}/alias`, pool, token, html`<label>Another name it goes by <input name="alias" required maxlength="200" autocomplete="off"></label><button>Add the name</button>`)}
${aliases.length > 0 && html`<p class="small muted">It also goes by ${aliases.map((alias, i) => html`${i > 0 && ', '}<bdi>${alias}</bdi>`)}.</p>`}
${others.length > 0 && actForm(`${path}/merge`, pool, token, html`<label>It is really <select name="into" required><option value="">choose…</option>${others.map((each) => html`<option>${each}</option>`)}</select></label><button>Merge into it</button><span class="small muted">There is no way back: what it used counts there for good.</span>`)}
${state !== 'retired' && html`<details class="small"><summary>Retire</summary><p>It has no share any more. What it used stays, and it can be taken back.</p>${actForm(`${path}/retire`, pool, token, html`<button>Retire ${name}</button>`)}</details>`}
</section>`;
}
