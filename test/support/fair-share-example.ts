/** The worked example of docs/concepts/fair-share.md: every number in it is worked out here, by the controller. */

import { markdownTable } from '../../bench/fairness/table.js';
import { allocate } from '../../src/fairness/allocate.js';
import { apply, emptyFairState } from '../../src/fairness/apply.js';
import type { Recommendation } from '../../src/fairness/interval.js';
import { type PlannedMember, plan } from '../../src/fairness/plan.js';
import { defaultPolicy } from '../../src/fairness/policy.js';
import { recommend } from '../../src/fairness/recommend.js';
import { runout } from '../../src/fairness/runout.js';
import { shares } from '../../src/fairness/shares.js';
import type { FairState, Member } from '../../src/fairness/state.js';
import { durationText } from '../../src/text/duration.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** A Monday. */
const reset = Date.UTC(2026, 0, 5);
const budget = 600;
const hoursPlayed = 48;
const now = reset + hoursPlayed * hourMs;

interface Agent {
  readonly key: string;
  readonly name: string;
  readonly weight: number;
  readonly everyMinutes: number;
}

const agents: readonly Agent[] = [
  { key: 'ada', name: 'Ada', weight: 1, everyMinutes: 40 },
  { key: 'ben', name: 'Ben', weight: 1, everyMinutes: 60 },
  { key: 'cleo', name: 'Cleo', weight: 2, everyMinutes: 30 },
];

/** Two days of three agents whose runs cost a dollar each, with a reading in whole percents every half hour. */
export function exampleState(): FairState {
  const state = emptyFairState({
    ...defaultPolicy,
    windows: [{ key: 'week_all', length_s: 604_800, anchor: 'fixed' }],
  });
  for (const { key, name, weight } of agents) {
    apply(state, { type: 'member', at: reset, member: { key, name, weight, multiplier: 1, model: null } });
  }
  let used = 0;
  for (let minute = 10; minute <= hoursPlayed * 60; minute += 10) {
    const at = reset + minute * minuteMs;
    for (const { key, everyMinutes } of agents) {
      if (minute % everyMinutes !== 0) continue;
      used += 1;
      apply(state, {
        type: 'used',
        at,
        key,
        collaboration: false,
        cost: 1,
        model: null,
        occurredAt: at,
        issued: everyMinutes * 60,
        blocked: false,
      });
    }
    if (minute % 30 === 0) {
      const percent = Math.round((100 * used) / budget);
      const windows = [{ key: 'week_all', percent, resetsAt: reset + 168 * hourMs, lengthSeconds: null }];
      apply(state, { type: 'read', at: at + 1, event: `reading ${minute}`, measuredAt: at + 1, windows });
    }
  }
  return state;
}

interface Answer {
  readonly member: Member;
  readonly planned: PlannedMember;
  readonly told: Recommendation;
}

export const workedExample = (): string => wrapped(example());

function example(): string {
  const state = exampleState();
  const at = now + 1;
  const current = plan(state, at);
  const [window] = current.windows;
  if (window === undefined) throw new Error('the example has no window');
  const { view } = window;
  const answers = agents.map(({ key }): Answer => {
    const planned = current.members.get(key);
    if (planned === undefined) throw new Error(`${key} has no plan`);
    return { member: planned.member, planned, told: recommend(state.policy, current, planned.member, at) };
  });
  const levels = answers.map(({ planned }) => planned.level);
  const level = Math.max(...levels.map((each) => each ?? Number.NaN));
  const left = 100 - window.margin - view.percent;
  const first = answers[0] as Answer;
  const out = runout(state, view.window, at);
  if (out === null) throw new Error('the example is used at no pace');
  const total = answers.reduce((sum, { member }) => sum + member.used, 0);
  return `Ada and Ben have weight 1, Cleo has weight 2. A week begins on Monday at 00:00. For ${hoursPlayed} hours Ada runs every
${agents[0]?.everyMinutes} minutes, Ben every ${agents[1]?.everyMinutes}, Cleo every ${agents[2]?.everyMinutes}, and every run costs $1. Nobody else uses the quota, whose weekly budget is
$${budget}; the controller is not told that. It sees reports, and every half hour the provider's page, in whole percents.

**What the window holds.** On Wednesday at 00:00 the ledger counts $${usd(view.ledgerCost)}, and the last reading is ${view.window.lastPercent} %. From the
two days of both, [the filter](#the-filter) has worked out

\`\`\`text
percent used   p = ${fixed(view.percent, 2)} ± ${fixed(view.deviation, 2)}
per dollar     θ = ${fixed(view.perDollar, 4)} %/$, so a budget of 100/θ = $${fixed(view.budget, 0)} ± ${fixed((view.budget ?? 0) * (view.budgetDeviation ?? 0), 0)}
outside        e = ${fixed(view.unattributed, 3)} %/h, expected until the reset: ${fixed(view.unattributedAhead, 2)} %
\`\`\`

The margin is 0.8 points and half a standard deviation: ${fixed(window.margin, 2)}. What is left may be used evenly in the ${fixed(view.hoursLeft, 0)} hours to the reset:

\`\`\`text
ρ = (100 − ${fixed(window.margin, 2)} − ${fixed(view.percent, 2)} − ${fixed(view.unattributedAhead, 2)}) / ${fixed(view.perDollar, 4)} / ${fixed(view.hoursLeft, 0)} h = ${fixed(left - view.unattributedAhead, 2)} % / ${fixed(view.perDollar, 4)} / ${fixed(view.hoursLeft, 0)} h = $${fixed(window.rate, 3)} per hour
\`\`\`

An even pace would have been ${fixed((100 * hoursPlayed) / 168, 1)} % by now. ${fixed(view.percent, 0)} % are used, so everybody together has to slow down, from $${fixed(total / hoursPlayed, 2)} to
$${fixed(window.rate, 2)} per hour. The question is who, and by how much.

**Who is behind.** [The level](#the-level) of a member is its use over its weight. The plan looks for the one level L at which the rates
add up to ρ, if everybody is to come to it within h hours: the horizon of ${state.policy.horizon_h} hours times the part of it in which the member is
expected to be there. κ is that part for the time to the reset.

\`\`\`text
Σ κ (ω L − U) / h = ρ          gives L = $${fixed(level, 2)} per unit of weight
\`\`\`

${markdownTable(
  ['', 'ω', 'used U', 'level U/ω', 'h', 'κ', 'rate (ωL − U)/h', 'one run of $1 every', 'was told', 'is told now'],
  answers.map(({ member, planned, told }) => [
    member.name,
    fixed(member.omega, 0),
    `$${fixed(member.used, 0)}`,
    `$${fixed(member.used / member.omega, 0)}`,
    fixed(planned.claim.hours, 1),
    fixed(planned.expected[0] ?? null, 3),
    `$${fixed(planned.rate, 3)}/h`,
    durationText(told.raw),
    durationText(member.recommended ?? 0),
    durationText(told.interval),
  ]),
)}

Ada has the highest level and is slowed down most; Ben and Cleo are level, and Cleo may use twice what Ben may. Each rate times
its κ, they add up to $${fixed(
    answers.reduce((sum, { planned }) => sum + planned.rate * (planned.expected[0] ?? 0), 0),
    3,
  )} per hour, which is ρ. In one step no interval changes by more than a factor of ${state.policy.step_factor_max}, which is why Ada is told ${durationText(first.told.interval)} now and
the rest of the way to ${durationText(first.told.raw)} the next time.

**What is fair for the week.** If levels are evened out over what is left of the period instead of two days:

${markdownTable(
  ['', 'share by weight', 'used', 'still to come', 'fair in all', 'balance'],
  shares(state, at).map(({ member, nominal, used, remaining, fairTotal, balance }) => [
    member.name,
    `${fixed(100 * nominal, 0)} %`,
    `$${fixed(used, 0)}`,
    `$${fixed(remaining, 0)}`,
    `$${fixed(fairTotal, 0)}`,
    signed(balance),
  ]),
)}

A balance above 0 means that the others owe; all balances add up to 0. Ada has had $${fixed(-(shares(state, at)[0]?.balance ?? 0), 0)} more than her part by now, and will end the
week with what is fair for her all the same.

**If nothing changed.** At the current pace, $${fixed(out.burn, 2)} per hour, the window would be full on ${dayText(out.p50)}, with 80 % certainty
between ${dayText(out.p10)} and ${dayText(out.p90)}: before its reset with a probability of ${fixed(100 * out.beforeReset, 0)} %. At the rates of the table it ends at
${fixed(view.percent + view.perDollar * window.rate * view.hoursLeft, 1)} %.

**In a sentence.** What the daemon says to each of them, and why:

${allocate(state, at)
  .members.map(({ member, reason }) => `- ${member.name}: “${reason}”`)
  .join('\n')}`;
}

/** Paragraphs broken into lines, as the rest of the page is; tables, lists and code as they are. */
function wrapped(text: string): string {
  return text
    .split('\n\n')
    .map((paragraph) =>
      /^[|`-]/.test(paragraph)
        ? paragraph
        : paragraph
            .split('\n')
            .join(' ')
            .replace(/(?=\S).{1,124}(?= |$)/g, '$&\n')
            .replace(/\n */g, '\n')
            .trimEnd(),
    )
    .join('\n\n');
}

const fixed = (value: number | null, digits: number): string => {
  const text = (value ?? Number.NaN).toFixed(digits);
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace('-', '−');
};

const usd = (value: number): string => fixed(value, 0);

const signed = (value: number): string => `${value > 0 ? '+' : '−'}$${fixed(Math.abs(value), 0)}`;

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** `Friday 14:00`, to the hour. */
function dayText(at: number): string {
  const time = new Date(Math.round(at / hourMs) * hourMs);
  return `${weekdays[time.getUTCDay()]} ${time.toISOString().slice(11, 16)}`;
}
