/** By which rules shares and intervals are worked out, and what the last week would have been under others. */
import type { Comparison } from '../../analysis/compare.js';
import type { Policy } from '../../fairness/policy.js';
import { policyWords, type ScalarParameter } from '../../fairness/policy-words.js';
import { durationText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { countText } from '../../text/number.js';
import { clockText } from '../../text/time.js';
import { actForm } from '../actions.js';
import { type Html, html } from '../html.js';
import { type PageView, pagePath } from '../page.js';
import { agentPath } from '../parts/agents-table.js';
import { eventPath } from '../parts/events-table.js';

export interface PolicyInput {
  readonly pool: string;
  readonly pools: readonly string[];
  readonly policy: Policy;
  readonly defaults: Policy;
  /** The event that set it; null while the defaults are in force. */
  readonly setBy: { readonly seq: number; readonly at: number; readonly actor: string } | null;
  readonly timeZone: string;
  readonly mayAct: boolean;
  readonly token: string | null;
  readonly notice: Html | null;
}

/** What people change most, shown at once; the others are behind a press. */
const usual: readonly ScalarParameter[] = [
  'mode',
  'method',
  'interval_s_base',
  'interval_s_min',
  'interval_s_max',
  'horizon_h',
  'boost_max',
  'floor_fraction',
];
const choices: Readonly<Partial<Record<ScalarParameter, readonly string[]>>> = {
  method: ['fair', 'static'],
  mode: ['observe', 'advise', 'enforce'],
};

export function policyPage(input: PolicyInput): PageView {
  const { pool, pools, policy, notice, mayAct } = input;
  return {
    title: `Policy of ${pool}`,
    current: 'policy',
    pool,
    pools,
    notice,
    parts: [
      { id: 'words', html: html`<h1>Policy</h1>${setByText(input)}${inWords(policy)}` },
      {
        id: 'form',
        html: mayAct ? form(input) : html`<p class="muted">Changing it needs the scope <code>admin</code>.</p>`,
      },
      { id: 'all', html: allParameters(input) },
    ],
  };
}

function setByText({ policy, setBy, pool, timeZone }: PolicyInput): Html {
  if (setBy === null) return html`<p class="muted">The defaults are in force: nobody has changed the policy.</p>`;
  return html`<p class="muted">Version ${policy.version}, set by <bdi>${setBy.actor}</bdi> on ${clockText(setBy.at, timeZone)} with <a href="${eventPath(setBy.seq, pool)}">event ${setBy.seq}</a>. What was said before stays as it was.</p>`;
}

const modeWords = {
  observe: 'Turns are recorded, and nothing is refused.',
  advise: 'Agents are told when to run again; nothing is refused.',
  enforce: 'Agents are told when to run again, and a turn before its time is refused.',
} as const;

function inWords(policy: Policy): Html {
  const {
    method,
    mode,
    interval_s_base,
    interval_s_min,
    interval_s_max,
    horizon_h,
    boost_max,
    floor_fraction,
    windows,
  } = policy;
  const fair = html`What is left of each window until its reset is shared by weight. Who has used less than its part is offered more, up to ${boost_max} times an equal share, so that it catches up within ${durationText(horizon_h * 3_600)}; whoever is there gets at least ${Math.round(floor_fraction * 100)} % of an equal share. Nobody is told to run more often than every ${durationText(interval_s_min)}, nor, as long as an even pace allows it, less often than every ${durationText(interval_s_max)}.`;
  return html`<p class="prose">${method === 'fair' ? fair : html`Everybody runs every ${durationText(interval_s_base)}; a full window stops all.`} ${modeWords[mode]}</p>
<p class="prose small muted">Windows it knows before any reading: ${windows.map(({ key, length_s }, i) => html`${i > 0 && ', '}<code>${key}</code> of ${durationText(length_s)}`)}.</p>`;
}

function form({ policy, pool, token }: PolicyInput): Html {
  const rest = (Object.keys(policyWords) as ScalarParameter[]).filter((name) => !usual.includes(name));
  return html`<section aria-label="Change it"><h2>Change it</h2><p class="small">First you see what the last week would have been; nothing is changed before you say so there.</p>
${actForm('/policy/preview', pool, token, html`${usual.map((name) => field(name, policy))}<details class="small rest"><summary>All others</summary><div class="fields-form">${rest.map((name) => field(name, policy))}</div></details><button class="main">See last week</button>`)}</section>`;
}

function field(name: ScalarParameter, policy: Policy): Html {
  const value = String(policy[name] ?? '');
  const options = choices[name];
  const input =
    options === undefined
      ? html`<input name="${name}" value="${value}" size="10" autocomplete="off">`
      : html`<select name="${name}">${options.map((each) => html`<option${each === value && html` selected`}>${each}</option>`)}</select>`;
  return html`<label><span>${name} <span class="muted small">${policyWords[name]}</span></span>${input}</label>`;
}

function allParameters({ policy, defaults }: PolicyInput): Html {
  return html`<details class="small"><summary>Every parameter, and its default</summary><div class="scroll" tabindex="0" role="group" aria-label="Parameters"><table class="stack"><thead><tr><th scope="col">Parameter</th><th scope="col">Value</th><th scope="col">Default</th><th scope="col">Meaning</th></tr></thead>
<tbody>${(Object.keys(policyWords) as ScalarParameter[]).map(
    (name) =>
      html`<tr><th scope="row"><code>${name}</code></th><td data-label="Value">${policy[name] === defaults[name] ? String(policy[name] ?? '–') : html`<b>${String(policy[name] ?? '–')}</b>`}</td><td data-label="Default">${String(defaults[name] ?? '–')}</td><td data-label="Meaning"><span>${policyWords[name]}</span></td></tr>`,
  )}</tbody></table></div></details>`;
}

export interface PreviewInput {
  readonly pool: string;
  readonly timeZone: string;
  /** What was asked for, in words. */
  readonly title: string;
  /** Null where it took too long. */
  readonly comparison: Comparison | null;
  /** The form that does it: where it goes, and its fields. */
  readonly apply: { readonly path: string; readonly fields: Readonly<Record<string, string>>; readonly label: string };
  readonly back: string;
  readonly token: string | null;
}

export function previewPage(input: PreviewInput): PageView {
  const { pool, title, comparison, apply, back, token } = input;
  const fields = Object.entries(apply.fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return {
    title: 'What last week would have been',
    current: 'policy',
    pool,
    parts: [
      {
        id: 'preview',
        html: html`<h1>What last week would have been</h1><p>${title}</p>
${comparison === null ? html`<p class="notice warn">It took longer than a minute, and was given up. <code>resource-share simulate --policy</code> takes its time.</p>` : result(comparison, input)}
${actForm(apply.path, pool, token, html`${fields}<button class="main">${apply.label}</button> <a href="${back}">Leave it as it is</a>`)}`,
      },
    ],
  };
}

function result(
  { from, until, answers, differing, identities, differences }: Comparison,
  { pool, timeZone }: PreviewInput,
): Html {
  const median = (seconds: number | null) => (seconds === null ? '–' : durationText(seconds));
  const blocked = (hours: number) => (hours > 0 ? durationText(hours * 3_600) : '–');
  const told =
    answers === 0
      ? 'Nobody was told an interval in this time, so there is none to compare: it was taken in from elsewhere.'
      : `Of ${countText(answers)} answers, ${countText(differing)} would have differed by more than 5 %.`;
  return html`<p class="prose">From ${clockText(from, timeZone)} to ${clockText(until, timeZone)}, by when it was recorded. ${told} What was used stays as recorded: agents did not react to what is worked out here.</p>
<div class="scroll" tabindex="0" role="group" aria-label="By agent"><table class="stack"><thead><tr><th scope="col">Agent</th><th scope="col" class="number">Told, median</th><th scope="col" class="number">Would be</th><th scope="col" class="number">Waited for full windows</th><th scope="col" class="number">Would</th><th scope="col" class="number">Used</th><th scope="col" class="number">Entitled to</th><th scope="col" class="number">Would be</th></tr></thead>
<tbody>${identities.map(
    ({
      name,
      told,
      would,
      used_usd,
      entitled_usd,
      would_be_entitled_usd,
    }) => html`<tr><th scope="row" class="name"><a href="${agentPath(name, pool)}"><bdi>${name}</bdi></a></th>
<td class="number" data-label="Told, median">${median(told.median)}</td><td class="number" data-label="Would be"><b>${median(would.median)}</b></td>
<td class="number" data-label="Waited for full windows">${blocked(told.blocked_hours)}</td><td class="number" data-label="Would have waited">${blocked(would.blocked_hours)}</td>
<td class="number" data-label="Used">${usdText(used_usd)}</td><td class="number" data-label="Entitled to">${usdText(entitled_usd)}</td><td class="number" data-label="Would be entitled to"><b>${usdText(would_be_entitled_usd)}</b></td></tr>`,
  )}</tbody></table></div>
${
  differences.length > 0 &&
  html`<details class="small"><summary>Where the two lie furthest apart</summary><div class="scroll" tabindex="0" role="group" aria-label="Differences"><table class="stack"><thead><tr><th scope="col">When</th><th scope="col">Agent</th><th scope="col" class="number">Told</th><th scope="col" class="number">Would be</th><th scope="col">Why</th></tr></thead><tbody>${differences.map(
    ({ at, seq, name, told_s, would_s, reason }) =>
      html`<tr><th scope="row" class="nowrap"><a href="${eventPath(seq, pool)}">${clockText(at, timeZone)}</a></th><td data-label="Agent"><bdi>${name}</bdi></td><td class="number" data-label="Told">${durationText(told_s)}</td><td class="number" data-label="Would be">${durationText(would_s)}</td><td data-label="Why"><span>${reason}</span></td></tr>`,
  )}</tbody></table></div></details>`
}`;
}

/** Where the page of the policy is. */
export const policyPath = (pool: string): string => pagePath('/policy', pool);
