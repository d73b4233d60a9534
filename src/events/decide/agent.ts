/** Pauses, resumptions, the choices of agents, and what they are told when they ask again. */
import { type Advice, readvise } from '../advice.js';
import type { CommandOf } from '../command.js';
import { accepted, type Context, type Decision, nothingToDo, unknownIdentity } from '../decision.js';
import type { Draft } from '../envelope.js';
import { findIdentity, isPaused } from '../identities.js';
import type { Identity, PoolState } from '../state.js';

type AgentCommand = CommandOf<'agent.paused' | 'agent.resumed' | 'agent.chose' | 'agent.advised'>;

export function decideAgent(state: PoolState, command: AgentCommand, context: Context): Decision {
  const identity = findIdentity(state, command.payload.name);
  if (identity === undefined) return unknownIdentity(command.payload.name);
  const { name } = identity;
  const { occurredAt } = command;
  switch (command.type) {
    case 'agent.paused':
      return accepted({ type: command.type, occurredAt, payload: { ...command.payload, name } });
    case 'agent.resumed':
      if (!isPaused(identity, context.at)) return nothingToDo;
      return accepted({ type: command.type, occurredAt, payload: { ...command.payload, name } });
    case 'agent.advised':
      return decideAdvised(state, identity, context);
    case 'agent.chose':
      return accepted({ type: command.type, occurredAt, payload: { ...command.payload, name } });
  }
}

function decideAdvised(state: PoolState, identity: Identity, { at }: Context): Decision {
  const { advice, changed } = readvise(state, identity, at);
  return { accepted: true, events: changed ? [advisedDraft(identity, advice)] : [], advice };
}

export function advisedDraft(identity: Identity, advice: Advice): Draft {
  const payload = {
    blocked_by: advice.quota_paused ? [...advice.blocked_by] : undefined,
    issued_interval_s: advice.interval_s,
    name: identity.name,
    replaces: identity.lastInterval ?? undefined,
  };
  return { type: 'agent.advised', payload };
}
