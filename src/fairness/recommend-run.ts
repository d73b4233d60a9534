/**
 * When a member may run again, counted from the start of its run: version 2 of the method. "The interval" in
 * docs/concepts/fair-share.md.
 */
import { clamp } from './filter.js';
import {
  boundOf,
  type Recommendation,
  rateAfterReset,
  rateOf,
  recommendationOf,
  secondsBlocked,
  smoothed,
  stagger,
} from './interval.js';
import type { Plan, PlannedMember } from './plan.js';
import type { PlannedWindow } from './planned-window.js';
import type { Policy } from './policy.js';
import { sinceRun } from './runs.js';
import type { Member, Run } from './state.js';
import { wakeCostOf } from './wakes.js';

/** Where what is left is kept for a person, nobody is told to wait longer at a time than this, in seconds. */
const attachedWaitSeconds = 3_600;
/** Something is kept for a person where the rate without that is higher by more than this factor. */
const keptFactor = 1.02;
export function recommendByRun(
  policy: Policy,
  plan: Plan,
  planned: PlannedMember,
  member: Member,
  at: number,
): Recommendation {
  const { shortest, longest, blocked } = planned.waits;
  const since = sinceRun(member, at);
  const rate = rateOf(planned, member);
  if (blocked.length > 0) {
    // While a person works, no run of the agent is counted from.
    const from = member.lastWasCollaboration ? 0 : since;
    const raw = Math.max(shortest, from + secondsBlocked(blocked, at) + stagger(member.name));
    return recommendationOf(plan, planned, { raw, interval: Math.ceil(raw), bound: 'blocked', rate, since: from });
  }
  const cost = wakeCostOf(policy, member, plan.fleet);
  const held = holderOf(plan, planned, rate, cost, shortest);
  const raw =
    held === null ? freeWait(cost, rate, shortest) : waitUnder(plan, planned, held, { cost, rate, since, at });
  const bounded = clamp(raw, shortest, longest);
  const bound = boundOf(bounded, shortest, longest);
  const last = isOfRun(member) ? member.run.recommendedBefore : member.recommended;
  const wanted = clamp(bound === 'rate' ? smoothed(policy, last, bounded) : bounded, shortest, longest);
  const untilReset = held === null ? Number.POSITIVE_INFINITY : since + secondsLeft(held, at);
  const cut =
    held === null || wanted <= untilReset
      ? wanted
      : Math.min(wanted, Math.max(shortest, untilReset + longestAfter(plan, planned, member, held, cost)));
  const interval = Math.round(cut);
  const isCut = cut < wanted;
  const isFresh = interval > untilReset && (isCut || untilReset - since > 2 * (interval - untilReset));
  const isBlind = planned.waits.isUnread;
  return recommendationOf(plan, planned, {
    raw,
    interval,
    bound,
    rate,
    held: held ?? undefined,
    isFresh,
    since,
    isCut,
    isBlind,
  });
}

/** All answers of a run are smoothed against the answer before it; while a person works, against the last one. */
const isOfRun = (member: Member): member is Member & { run: Run } =>
  member.run !== null && !member.lastWasCollaboration;

interface Moment {
  /** Dollars of a run. */
  readonly cost: number;
  /** Seconds since the run began. */
  readonly since: number;
  readonly at: number;
}

/** Seconds from run to run at a rate in dollars per hour. */
const evenWait = (cost: number, rate: number): number =>
  cost <= 0 ? 0 : rate > 1e-9 * cost ? (3_600 * cost) / rate : Number.POSITIVE_INFINITY;

/** No window holds it. As often as it may is exactly that, whatever the last digit of the quotient. */
const freeWait = (cost: number, rate: number, shortest: number): number =>
  rate >= (3_600 * cost) / shortest ? shortest : evenWait(cost, rate);

/** The window that holds a member: the one that bound its rate, else the one that gives the least, where that is too little. */
function holderOf(
  plan: Plan,
  planned: PlannedMember,
  rate: number,
  cost: number,
  shortest: number,
): PlannedWindow | null {
  if (planned.heldBy !== null) return plan.windows[planned.heldBy] as PlannedWindow;
  if (rate >= (3_600 * cost) / shortest) return null;
  let tightest: PlannedWindow | null = null;
  for (const [j, window] of plan.windows.entries()) {
    if ((planned.expected[j] as number) < 0 || window.weightExpected <= 0) continue;
    if (tightest === null || perWeight(window) < perWeight(tightest)) tightest = window;
  }
  return tightest;
}

const perWeight = ({ rate, weightExpected }: PlannedWindow): number => rate / weightExpected;

const secondsLeft = ({ view }: PlannedWindow, at: number): number =>
  view.resetAt === null ? view.hoursLeft * 3_600 : (view.resetAt - at) / 1_000;

function waitUnder(
  plan: Plan,
  planned: PlannedMember,
  held: PlannedWindow,
  { cost, rate, since, at }: Moment & { readonly rate: number },
): number {
  let wait = evenWait(cost, rate);
  const untilReset = since + secondsLeft(held, at);
  if (held.view.known && wait > untilReset && cost > 0) {
    // It runs over the reset: what is missing then comes at the rate of the next period.
    const missing = Math.max(0, cost - (rate * untilReset) / 3_600);
    wait = untilReset + (3_600 * missing) / rateAfterReset(plan, planned, held);
  }
  if (held.rateWithoutAttached <= keptFactor * held.rate) return wait;
  const proportional = (held.rateWithoutAttached * planned.omega) / held.weightExpected;
  return Math.min(wait, Math.max(since + attachedWaitSeconds, evenWait(cost, proportional)));
}

/** No wait outlives the window that causes it by more than one wait in the fresh one. Seconds. */
function longestAfter(plan: Plan, planned: PlannedMember, member: Member, held: PlannedWindow, cost: number): number {
  const after = held.view.known ? evenWait(cost, rateAfterReset(plan, planned, held)) : 0;
  return Math.max(stagger(member.name), after);
}
