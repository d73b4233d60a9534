/** What an agent is told, with the figures behind it. The interval becomes a fact of the log. */
import { tell } from '../fairness/apply.js';
import { areUnread } from '../fairness/bounds.js';
import { collaborationPreferredDefault, collaborationStatusOf } from '../fairness/collaboration-status.js';
import type { Pace } from '../fairness/fair-event.js';
import type { Recommendation } from '../fairness/interval.js';
import { type Plan, plan } from '../fairness/plan.js';
import { isByRun, type Policy } from '../fairness/policy.js';
import { presentUntil } from '../fairness/presence.js';
import { reasonOf, retiredReason } from '../fairness/reason.js';
import { recommend } from '../fairness/recommend.js';
import { isCountedFrom } from '../fairness/runs.js';
import { shares } from '../fairness/shares.js';
import type { Member } from '../fairness/state.js';
import { limits } from '../limits.js';
import type { EventOf } from './envelope.js';
import { planMsOf } from './evolve/allocations.js';
import { paceOf } from './evolve/fair-share.js';
import { knownIdentity } from './identities.js';
import { maintenanceAt, maintenanceReason, untilMaintenanceEnds } from './maintenance.js';
import type { EpochMs } from './scalars.js';
import type { Identity, PoolState } from './state.js';

export interface Advice {
  /** Seconds from this run to the next. */
  readonly interval_s: number;
  /** After how many seconds a waiting agent is to ask again; null where it need not. */
  readonly recheck_after_s: number | null;
  /** Read-outs for clients of the original wire; never inputs. */
  readonly multipliers: { readonly fairness: number; readonly quota_brake: number; readonly combined: number };
  /**
   * How much of the collaboration an identity prefers it has had: `available`, `moderate` or `busy`. `unread` under version 2 of the
   * method where no reading of the quota was believed for two days, and no budget is known.
   */
  readonly quota_status: string;
  readonly quota_paused: boolean;
  /** Keys of the full windows, when paused. */
  readonly blocked_by: readonly string[];
  /** The window that limits its rate; null where none does. */
  readonly binding_window: string | null;
  /** One plain sentence. */
  readonly reason: string;
  /** What the event of the answer says beside the interval, under version 2 of the method. */
  readonly pace?: Pace | undefined;
}

/** What an identity would be told now. A look: it changes nothing. `identity` is null for a name nobody knows. */
export function advise(state: PoolState, identity: Identity | null, at: EpochMs): Advice {
  const current = currentPlan(state, identity, at) ?? plan(state.fair, at, { forAnswer: true });
  return adviceBy(state, identity, recommendTo(state, current, identity, at), current, at);
}

/**
 * The answer to an agent that asks between its reports. A waiting one is told another interval where that differs from what it
 * was told by more than the policy's `reissue_log_ratio`, else the old one; and nobody is hurried into the last few wakes of a
 * window. After reports that asked nothing, as transcripts do, a question is answered in any case.
 */
export function readvise(
  state: PoolState,
  identity: Identity,
  at: EpochMs,
): { readonly advice: Advice; readonly changed: boolean } {
  const current = currentPlan(state, identity, at) ?? plan(state.fair, at, { forAnswer: true });
  const told = sinceLastRun(state, recommendTo(state, current, identity, at), identity, at);
  const advice = adviceBy(state, identity, told, current, at);
  const last = identity.lastInterval;
  if (last === null) return { advice, changed: true };
  const { policy, members } = state.fair;
  const member = members.get(identity.key);
  if (isByRun(policy) && member?.unanswered && !isRecheck(policy, member, at)) return { advice, changed: true };
  const hurried = advice.interval_s < last && told.lastWakes;
  const change = Math.abs(Math.log(advice.interval_s / Math.max(1, last)));
  if (change > policy.reissue_log_ratio && !hurried) return { advice, changed: true };
  return { advice: adviceBy(state, identity, { ...told, interval: last }, current, at), changed: false };
}

/**
 * Whether a question comes when the last answer said to ask again: its wait is what is asked about, though a run has begun
 * meanwhile. Told another wait then, an agent whose timer still counts from the run before would begin a second run beside it.
 */
function isRecheck({ recheck_s: recheck }: Policy, { issued, toldAt }: Member, at: EpochMs): boolean {
  if (issued === null || toldAt === null || issued <= recheck) return false;
  const waited = (at - toldAt) / 1_000;
  const asks = Math.round(waited / recheck);
  return asks > 0 && Math.abs(waited - asks * recheck) <= recheck * recheckTolerance;
}

/** How far from its time a re-check may come, as a part of the time between two of them: 30 s of half an hour. */
const recheckTolerance = 1 / 60;

/** A wait for a full window that counts from now counts, as an interval, from the last report, like any other. */
function sinceLastRun(
  state: PoolState,
  told: Recommendation,
  { key, lastSeen }: Identity,
  at: EpochMs,
): Recommendation {
  const member = state.fair.members.get(key);
  const countsRun = isByRun(state.fair.policy) && member !== undefined && isCountedFrom(member);
  if (countsRun || told.blockedBy.length === 0 || lastSeen === null) return told;
  const interval = told.interval + Math.ceil((at - lastSeen) / 1_000);
  return { ...told, interval: Math.min(limits.intervalSecondsMax, interval) };
}

/** What an agent that asks for a turn is told, and whether that is another interval than before. */
export function adviceToAsker(
  state: PoolState,
  identity: Identity | null,
  at: EpochMs,
): { readonly advice: Advice; readonly isNews: boolean } {
  if (identity === null || identity.lastSeen === null || identity.lastInterval === null) {
    return { advice: advise(state, identity, at), isNews: false };
  }
  const { advice, changed } = readvise(state, identity, at);
  return { advice, isNews: changed };
}

function recommendTo(state: PoolState, by: Plan, identity: Identity | null, at: EpochMs): Recommendation {
  const member = identity === null ? undefined : state.fair.members.get(identity.key);
  return untilMaintenanceEnds(state, recommend(state.fair.policy, by, member, at), member, at);
}

/**
 * Answers a use that has just been applied: what the agent is told is stamped on the event, which is not yet sealed, and
 * noted in the state. The plan is kept for a while, so that answering costs microseconds whatever the size of the pool.
 */
export function answerUse(state: PoolState, event: EventOf<'usage.recorded'>): Advice {
  const { payload, recorded_at: at } = event;
  const identity = knownIdentity(state, payload.name);
  isThere(state, identity, at);
  const current = keepPlan(state, identity, at);
  const advice = adviceBy(state, identity, recommendTo(state, current, identity, at), current, at);
  stamp(payload, advice);
  tell(
    state.fair,
    identity.key,
    { issued: advice.interval_s, blocked: advice.quota_paused, pace: paceOf(payload) },
    at,
  );
  identity.lastInterval = advice.interval_s;
  return advice;
}

/** Who asks is there now, however late it tells of its use: so the log will be read, as the answer is on the event. */
function isThere({ fair }: PoolState, { key }: Identity, at: EpochMs): void {
  const member = fair.members.get(key);
  if (member === undefined) return;
  member.lastAt = at;
  member.presence.until = presentUntil(member);
}

/** What an answer leaves on its event. */
export interface Stamped {
  issued_interval_s?: number | undefined;
  issued_rate_micro_usd_h?: number | undefined;
  issued_afresh?: true | undefined;
  blocked_by?: string[] | undefined;
}

/** Leaves the answer on the payload of its event, which is not yet sealed. */
export function stamp(payload: Stamped, { interval_s, quota_paused, blocked_by, pace }: Advice): void {
  payload.issued_interval_s = interval_s;
  if (quota_paused) payload.blocked_by = [...blocked_by];
  if (pace === undefined) return;
  payload.issued_rate_micro_usd_h = Math.min(Number.MAX_SAFE_INTEGER, Math.round(pace.rate * 1e6));
  if (pace.isFresh) payload.issued_afresh = true;
}

/** What a use was answered, as far as the log says it: the interval is there; what it was derived from is not. */
export function adviceStamped(
  { issued_interval_s: interval, blocked_by: blockedBy = [] }: EventOf<'usage.recorded'>['payload'],
  reason: string,
): Advice | undefined {
  if (interval === undefined) return undefined;
  return {
    interval_s: interval,
    recheck_after_s: null,
    multipliers: { fairness: 1, quota_brake: 1, combined: 1 },
    quota_status: 'available',
    quota_paused: blockedBy.length > 0,
    blocked_by: blockedBy,
    binding_window: null,
    reason,
  };
}

/** The plan to answer by, kept in the state for as long as it holds; it is no part of what events fold to. */
export function keepPlan(state: PoolState, identity: Identity | null, at: EpochMs): Plan {
  const current = currentPlan(state, identity, at) ?? plan(state.fair, at, { forAnswer: true });
  state.plan = current;
  return current;
}

function currentPlan(state: PoolState, identity: Identity | null, at: EpochMs): Plan | null {
  const kept = state.plan;
  if (kept === null || kept.revision !== state.fair.revision || at - kept.at >= planMsOf(state)) return null;
  return identity !== null && deservesAPlan(state, kept, identity, at) ? null : kept;
}

/**
 * Whether somebody who joined since the plan was made is planned for at once: not more than once in a batch, all of which is
 * recorded at one moment; and in a large pool only when the plan has served its time. (In a small one, joining ends the plan.)
 */
function deservesAPlan({ fair }: PoolState, { members, at: plannedAt }: Plan, { key }: Identity, at: EpochMs): boolean {
  const member = fair.members.get(key);
  if (member === undefined || member.retired || members.has(key) || fair.policy.method === 'static') return false;
  return plannedAt !== at && fair.members.size <= fair.policy.large_pool_members;
}

function adviceBy(state: PoolState, identity: Identity | null, told: Recommendation, by: Plan, at: EpochMs): Advice {
  const { policy } = state.fair;
  const planned = identity === null ? undefined : by.members.get(identity.key);
  return {
    interval_s: told.interval,
    recheck_after_s: told.interval > policy.recheck_s ? policy.recheck_s : null,
    multipliers: multipliersOf(told, policy.interval_s_base),
    quota_status: isByRun(policy) && areUnread(by.windows, at) ? 'unread' : loadOfIdentity(state, identity),
    quota_paused: told.blockedBy.length > 0,
    blocked_by: told.blockedBy,
    binding_window: told.bindingWindow,
    reason: reasonTo(state, identity, told, by, at),
    ...(isByRun(policy) && planned !== undefined ? { pace: { rate: told.rate, isFresh: told.isFresh } } : {}),
  };
}

function reasonTo(state: PoolState, identity: Identity | null, told: Recommendation, by: Plan, at: EpochMs): string {
  if (isRetired(identity)) return retiredReason;
  const maintenance = maintenanceAt(state, at);
  if (maintenance !== null) return maintenanceReason(maintenance, at);
  const planned = identity === null ? undefined : by.members.get(identity.key);
  return reasonOf(state.fair.policy, told, planned, by, () => balanceOf(state, by, identity));
}

const isRetired = (identity: Identity | null): boolean => identity !== null && identity.retiredAt !== null;

const balances = new WeakMap<Plan, ReadonlyMap<string, number>>();

/** Dollars an identity was owed when it was first asked for under a plan: worked out once for all that the plan tells. */
function balanceOf({ fair }: PoolState, by: Plan, identity: Identity | null): number | null {
  let known = balances.get(by);
  if (known === undefined) {
    known = new Map(shares(fair, by.at).map(({ member, balance }) => [member.key, balance]));
    balances.set(by, known);
  }
  return (identity && known.get(identity.key)) ?? null;
}

/** `fairness`: its interval over that at an equal share; `quota_brake`: the rest of what slows it down. */
function multipliersOf(
  { interval, rate, proportional, blockedBy }: Recommendation,
  base: number,
): Advice['multipliers'] {
  const combined = interval / base;
  const fairness = blockedBy.length === 0 && rate > 0 && proportional > 0 ? proportional / rate : 1;
  return { fairness: rounded(fairness), quota_brake: rounded(combined / fairness), combined: rounded(combined) };
}

const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;

function loadOfIdentity({ fair }: PoolState, identity: Identity | null): string {
  const member = identity === null ? undefined : fair.members.get(identity.key);
  const total = member === undefined ? 0 : member.autonomy + member.collaboration;
  const percent = member === undefined || total <= 0 ? 0 : (100 * member.collaboration) / total;
  return collaborationStatusOf(percent, identity?.collaborativePref ?? collaborationPreferredDefault);
}
