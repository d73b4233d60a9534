/** Pauses, resumptions, the choices of agents, and what they are told when they ask again. */
import { type Advice, readvise, stamp } from '../advice.js';
import type { CommandOf } from '../command.js';
import { accepted, type Context, type Decision, nothingToDo, rejected, unknownIdentity } from '../decision.js';
import type { Draft } from '../envelope.js';
import { findIdentity, isPaused } from '../identities.js';
import type { Identity, PoolState } from '../state.js';
import { firstSight, isFull, noRoomFor } from './newcomer.js';

type AgentCommand = CommandOf<'agent.paused' | 'agent.resumed' | 'agent.chose' | 'agent.advised'>;

export function decideAgent(state: PoolState, command: AgentCommand, context: Context): Decision {
  const { payload, occurredAt } = command;
  const identity = findIdentity(state, payload.name);
  if (identity === undefined) return decideUnseen(state, command, context);
  const { name } = identity;
  switch (command.type) {
    case 'agent.resumed':
      if (!isPaused(identity, context.at)) return nothingToDo;
      return accepted({ type: command.type, occurredAt, payload: { ...command.payload, name } });
    case 'agent.advised':
      return decideAdvised(state, identity, context);
    case 'agent.paused':
      return accepted({ type: command.type, occurredAt, payload: { ...command.payload, name } });
    case 'agent.chose':
      return accepted({ type: command.type, occurredAt, payload: { ...command.payload, name } });
  }
}

/** A name that nobody has used: the original let a pause come before the first report. */
function decideUnseen(state: PoolState, command: AgentCommand, context: Context): Decision {
  const { name } = command.payload;
  if (command.type !== 'agent.paused' || command.registers !== true) return unknownIdentity(name);
  if (context.unknownAgents === 'reject') return rejected('agent_unknown', `${name} is not registered`, 'payload.name');
  const { type, payload, occurredAt } = command;
  if (isFull(state, name)) return noRoomFor(name);
  return accepted(...firstSight(state, name, context), { type, payload, occurredAt });
}

function decideAdvised(state: PoolState, identity: Identity, { at }: Context): Decision {
  const { advice, changed } = readvise(state, identity, at);
  return { accepted: true, events: changed ? [advisedDraft(identity, advice)] : [], advice };
}

export function advisedDraft(identity: Identity, advice: Advice): Draft {
  const payload = {
    issued_interval_s: advice.interval_s,
    name: identity.name,
    replaces: identity.lastInterval ?? undefined,
  };
  stamp(payload, advice);
  return { type: 'agent.advised', payload };
}
