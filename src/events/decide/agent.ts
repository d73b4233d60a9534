/** Pauses, resumptions and the choices of agents. */

import type { CommandOf } from '../command.js';
import { accepted, type Context, type Decision, nothingToDo, unknownIdentity } from '../decision.js';
import { findIdentity, isPaused } from '../identities.js';
import type { PoolState } from '../state.js';

type AgentCommand = CommandOf<'agent.paused' | 'agent.resumed' | 'agent.chose'>;

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
    case 'agent.chose':
      return accepted({ type: command.type, occurredAt, payload: { ...command.payload, name } });
  }
}
