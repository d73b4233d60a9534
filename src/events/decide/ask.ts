/**
 * Asking for a turn: "may I run?". Where turns are enforced the answer may be no; elsewhere the turn is granted, with
 * what the answer would have been. Asking is also a re-check: an interval that moved is told, and recorded as told.
 */
import { type Asking, admit, type Refusal, type Reservation } from '../../fairness/admit.js';
import type { Plan } from '../../fairness/plan.js';
import { isByRun } from '../../fairness/policy.js';
import type { Member } from '../../fairness/state.js';
import { wakeCostOf } from '../../fairness/wakes.js';
import { limits } from '../../limits.js';
import { type Advice, adviceToAsker, keepPlan } from '../advice.js';
import type { TurnId } from '../catalogue/turn.js';
import type { InstanceFacts } from '../catalogue/usage.js';
import type { CommandOf } from '../command.js';
import { type Context, type Decision, rejected } from '../decision.js';
import type { Draft } from '../envelope.js';
import { findIdentity, isPaused, knownIdentity } from '../identities.js';
import { isWithPerson, maintenanceAt, maintenanceReason } from '../maintenance.js';
import type { EpochMs, IdentityName, MicroUsd } from '../scalars.js';
import { intervalStartOf } from '../standing.js';
import type { Identity, PoolState, Turn } from '../state.js';
import { differs, heldTurns, instanceText, isHeld } from '../turns.js';
import { advisedDraft } from './agent.js';
import { firstSight, isFull, noRoomFor } from './newcomer.js';
import { raiseOnce } from './raise.js';

/** What the answer depends on, all of it as of `at`. */
interface Case {
  readonly at: EpochMs;
  readonly name: IdentityName;
  /** Null: nobody has used the name before. */
  readonly identity: Identity | null;
  /** Undefined: it has no share. */
  readonly member: Member | undefined;
  /** The turn that the instance which asks has already. */
  readonly own: Turn | null;
  /** Where it has none, the newest turn of another instance. */
  readonly rival: Turn | null;
  readonly model: string | null;
  readonly estimate: MicroUsd;
  readonly plan: Plan;
}

export function decideAsk(state: PoolState, { payload }: CommandOf<'turn.granted'>, context: Context): Decision {
  const identity = findIdentity(state, payload.name) ?? null;
  if (identity === null && context.unknownAgents === 'reject') {
    return rejected('agent_unknown', `${payload.name} is not registered`, 'payload.name');
  }
  if (identity === null && isFull(state, payload.name)) return noRoomFor(payload.name);
  const asked = caseOf(state, identity, payload, context.at);
  if (asked.own === null && state.turns.size >= limits.turnsOpenMax) {
    return rejected('turn_limit', `${state.turns.size} turns are open`);
  }
  const drafts: Draft[] = [];
  if (identity === null) drafts.push(...firstSight(state, payload.name, context));
  const { advice, isNews } = adviceToAsker(state, identity, context.at);
  if (identity !== null && isNews) drafts.push(advisedDraft(identity, advice));
  if (asked.rival !== null) drafts.push(...conflict(state, asked.name, asked.rival, payload.instance));
  const refusal = refusalOf(state, asked, advice);
  drafts.push(answer(state, asked, payload, refusal, drafts.length));
  return { accepted: true, events: drafts, advice };
}

function caseOf(
  state: PoolState,
  identity: Identity | null,
  asked: CommandOf<'turn.granted'>['payload'],
  at: EpochMs,
): Case {
  const plan = keepPlan(state, identity, at);
  const held = identity === null ? [] : heldTurns(state, identity, at);
  const own = held.find((turn) => !differs(turn.instance, asked.instance ?? null)) ?? null;
  const member = memberOf(state, identity);
  return {
    at,
    name: identity?.name ?? asked.name,
    identity,
    member,
    own,
    rival: own === null ? (held.at(-1) ?? null) : null,
    model: asked.model ?? modelOf(state, identity),
    estimate: own?.estimateMicroUsd ?? asked.estimate_micro_usd ?? usualCost(state, member, plan),
    plan,
  };
}

const memberOf = ({ fair }: PoolState, identity: Identity | null): Member | undefined =>
  identity === null ? undefined : fair.members.get(identity.key);

/** The model an agent used last, else the one it was registered with. */
const modelOf = (state: PoolState, identity: Identity | null): string | null =>
  memberOf(state, identity)?.model ?? identity?.model ?? null;

/** What a run of the agent usually costs; without a share, what the policy takes a run to cost. */
function usualCost({ fair }: PoolState, member: Member | undefined, { fleet }: Plan): MicroUsd {
  const micro =
    member === undefined ? fair.policy.wake_cost_micro_usd_prior : wakeCostOf(fair.policy, member, fleet) * 1e6;
  return Math.min(limits.costMicroUsdMax, Math.max(0, Math.round(micro))) as MicroUsd;
}

function refusalOf(state: PoolState, asked: Case, advice: Advice): Refusal | null {
  const { at, identity, member } = asked;
  return admit(
    state.fair.policy,
    asked.plan,
    {
      at,
      key: identity?.key ?? null,
      name: asked.name,
      model: asked.model,
      estimate: asked.estimate / 1e6,
      retired: identity !== null && identity.retiredAt !== null,
      pausedUntil: identity === null ? null : pauseEnd(identity, at),
      maintenance: maintenanceFor(state, asked),
      heldUntil: asked.rival?.expiresAt ?? null,
      lastRunAt: identity === null || isOwnRun(state, asked) ? null : intervalStartOf(state, identity),
      // A wait for a full window is none for a run of a model that the window does not count.
      interval: advice.quota_paused ? (member?.recommended ?? null) : advice.interval_s,
    },
    reservations(state, asked),
  );
}

/** A run that was begun goes on, and so does a person. */
function maintenanceFor(state: PoolState, { at, own, member }: Case): Asking['maintenance'] {
  const found = maintenanceAt(state, at);
  if (found === null || own !== null || isWithPerson(member, at)) return null;
  return { until: found.until, reason: maintenanceReason(found, at) };
}

/** Under version 2 of the method an interval counts from the run that the turn began: nobody is early in it. */
const isOwnRun = ({ fair }: PoolState, { own }: Case): boolean => own !== null && isByRun(fair.policy);

const pauseEnd = (identity: Identity, at: EpochMs): number | null =>
  isPaused(identity, at) ? (identity.pause?.until ?? Number.MAX_SAFE_INTEGER) : null;

/** What the turns of others may still use. */
function reservations(state: PoolState, { own, at }: Case): Reservation[] {
  const reserved: Reservation[] = [];
  for (const turn of state.turns.values()) {
    if (turn === own || !isHeld(turn, at)) continue;
    const model = turn.model ?? modelOf(state, knownIdentity(state, turn.name));
    reserved.push({ model, estimate: turn.estimateMicroUsd / 1e6 });
  }
  return reserved;
}

/** `before` counts the events that come before this one, as its seq is the token. */
function answer(
  state: PoolState,
  asked: Case,
  { instance, model, ttl_s: seconds }: CommandOf<'turn.granted'>['payload'],
  refusal: Refusal | null,
  before: number,
): Draft {
  const { at, name, own, estimate } = asked;
  const refused = refusal === null ? undefined : refusalFacts(refusal);
  if (refused !== undefined && (state.fair.policy.mode === 'enforce' || refused.cause === 'maintenance')) {
    return { type: 'turn.denied', payload: { ...refused, estimate_micro_usd: estimate, instance, model, name } };
  }
  const token = state.seq + before + 1;
  const expiresAt = (at + 1_000 * (seconds ?? own?.ttl ?? limits.turnSecondsDefault)) as EpochMs;
  const given = { expires_at: expiresAt, name, token, would_deny: refused };
  if (own !== null) return { type: 'turn.renewed', payload: { ...given, turn: own.id }, correlates: own.grant };
  const turn = `t${token}` as TurnId;
  return { type: 'turn.granted', payload: { ...given, estimate_micro_usd: estimate, instance, model, turn } };
}

const refusalFacts = ({ cause, retryAfter, reason, blockedBy }: Refusal) => ({
  blocked_by: blockedBy.length > 0 ? [...blockedBy] : undefined,
  cause,
  reason,
  retry_after_s: retryAfter,
});

/** Recorded once per turn and other instance, however often that one asks. */
function conflict(
  state: PoolState,
  name: IdentityName,
  rival: Turn,
  other: InstanceFacts | undefined,
): readonly Draft[] {
  const holder = rival.instance ?? {};
  if (other === undefined || rival.rivals.some((known) => !differs(known, other))) return [];
  const text = `${name} runs in two instances at once: ${instanceText(holder)} and ${instanceText(other)}`;
  return [
    { type: 'instance.conflict', payload: { holder, name, other, turn: rival.id }, correlates: rival.grant },
    ...raiseOnce(state, 'two-instances', name, text),
  ];
}
