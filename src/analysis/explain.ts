/** Which interval is asked about, and the state of the pool it follows from: as it was before it was given. */

import type { Advice } from '../events/advice.js';
import type { EventOf, FoldedEvent, LedgerEvent } from '../events/envelope.js';
import type { EpochMs } from '../events/scalars.js';
import type { Identity, PoolState } from '../events/state.js';
import type { Explanation } from '../fairness/explanation.js';
import type { Policy } from '../fairness/policy.js';
import { eachEvent, momentOf, stateAfter, stateBefore } from '../ledger/history.js';
import { identityNames } from '../ledger/identity-names.js';
import type { LedgerView, WrittenTime } from '../ledger/view.js';
import { Problem } from '../problems.js';

/** An event that holds what an agent was told. */
export type AdviceRecord = EventOf<'usage.recorded'> | EventOf<'agent.advised'>;

export interface Explained {
  readonly name: string;
  /** The event that is explained; null where the question is what would be said at a time. */
  readonly event: AdviceRecord | null;
  /** What was said last up to then: by the event that is explained, else by the newest one. */
  readonly told: AdviceRecord | null;
  readonly at: EpochMs;
  /** Events that the answer rests on. */
  readonly seq: number;
  readonly policy: Policy;
  readonly advice: Advice;
  readonly explanation: Explanation;
}

/** What an identity would be told now, or at a time. */
export async function explainAt(view: LedgerView, wanted: string, time: WrittenTime | undefined): Promise<Explained> {
  const { findIdentity } = await import('../events/identities.js');
  const { name, all } = await identityNames(view, wanted);
  const { state, at } = await momentOf(view, time);
  const identity = findIdentity(state, name);
  if (identity === undefined) throw new Problem('identity_unknown', `${name} was not known at that time.`);
  const types = ['usage.recorded', 'agent.advised'];
  const told = await view.newest({ types, names: all, upTo: state.seq });
  return {
    ...(await answer(state, identity, at)),
    name: identity.name,
    event: null,
    told: (told ?? null) as AdviceRecord | null,
  };
}

/** What an identity was told in answer to its newest report. */
export async function explainNewest(view: LedgerView, wanted: string): Promise<Explained> {
  const { name, all } = await identityNames(view, wanted);
  const event = await view.newest({ types: ['usage.recorded'], names: all });
  if (event?.type !== 'usage.recorded') throw new Problem('event_unknown', `${name} has reported nothing yet.`);
  return explainEvent(view, event);
}

/** What an agent was told by an event, given by its seq or id. */
export async function explainEventRef(view: LedgerView, eventRef: string): Promise<Explained> {
  const event = /^\d+$/.test(eventRef) ? await view.eventAt(Number(eventRef)) : await eventOf(view, eventRef);
  if (event === null) throw new Problem('event_unknown', `the pool ${view.pool} has no event ${eventRef}.`);
  if (event.type === 'usage.recorded' || event.type === 'agent.advised') return explainEvent(view, event);
  throw new Problem(
    'no_interval',
    `event ${event.seq} is ${event.type}: an interval is given with usage.recorded and agent.advised only.`,
  );
}

async function explainEvent(view: LedgerView, event: AdviceRecord): Promise<Explained> {
  const { findIdentity } = await import('../events/identities.js');
  const state = await stateAsked(view, event);
  const identity = findIdentity(state, event.payload.name) ?? null;
  const { name } = event.payload;
  return { ...(await answer(state, identity, event.recorded_at)), name: identity?.name ?? name, event, told: event };
}

async function answer(state: PoolState, identity: Identity | null, at: EpochMs) {
  const { advise } = await import('../events/advice.js');
  const { explain } = await import('../fairness/explain.js');
  const member = identity === null ? undefined : state.fair.members.get(identity.key);
  return {
    at,
    seq: state.seq,
    policy: state.fair.policy,
    advice: advise(state, identity, at),
    explanation: explain(state.fair, member, at),
  };
}

async function eventOf(view: LedgerView, id: string): Promise<LedgerEvent | null> {
  const stored = await view.engine.findEvent(id);
  return stored?.pool === view.pool ? view.eventAt(stored.seq) : null;
}

/** The state in which the question was answered: with the use that was reported, without what was said. */
async function stateAsked(view: LedgerView, { seq, type }: AdviceRecord): Promise<PoolState> {
  if (type === 'agent.advised') return stateAfter(view, seq - 1);
  const { evolve } = await import('../events/evolve.js');
  const state = await stateBefore(view, seq - 1);
  await eachEvent(view, state.seq, seq, (event) => evolve(state, event.seq === seq ? unanswered(event) : event));
  return state;
}

/** A report as it was before it was answered. */
export function unanswered(event: FoldedEvent): FoldedEvent {
  if (event.type !== 'usage.recorded') return event;
  return { ...event, payload: { ...event.payload, issued_interval_s: undefined, blocked_by: undefined } };
}
