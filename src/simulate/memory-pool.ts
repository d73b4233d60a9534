/** A pool without storage: commands are decided, answered and folded one after the other, as the ledger does it. */
import { type Advice, answerUse } from '../events/advice.js';
import type { Command } from '../events/command.js';
import { decide } from '../events/decide.js';
import type { LedgerEvent } from '../events/envelope.js';
import { evolve } from '../events/evolve.js';
import type { EpochMs, EventId, PoolId } from '../events/scalars.js';
import { emptyState, type PoolState } from '../events/state.js';
import { toEvent } from '../events/to-event.js';
import { limits } from '../limits.js';

export interface CommandResult {
  readonly events: readonly LedgerEvent[];
  /** What the agent is told, of a use and of a re-check. */
  readonly advice: Advice | undefined;
}

export class MemoryPool {
  state: PoolState;

  constructor(pool: PoolId, state: PoolState = emptyState(pool)) {
    this.state = state;
  }

  /** `advise`: whether use is answered. Throws when the command is rejected: what is replayed or simulated is known to be acceptable. */
  take(command: Command, at: EpochMs, advise = true): CommandResult {
    const { turnsDueAt } = this.state;
    if (turnsDueAt === null || turnsDueAt > at) return this.#decide(command, at, advise);
    const { actor, source } = command;
    const expired = this.#decide({ type: 'turn.expired', payload: {}, actor, source }, at);
    const { events, advice } = this.#decide(command, at, advise);
    return { events: [...expired.events, ...events], advice };
  }

  #decide(command: Command, at: EpochMs, advise = true): CommandResult {
    const decision = decide(this.state, command, {
      at,
      unknownAgents: 'auto',
      newcomersPerHour: limits.newcomersPerHourMax,
      prices: null,
    });
    if (!decision.accepted) throw new Error(`${command.type} was rejected: ${decision.code}, ${decision.detail}`);
    const events: LedgerEvent[] = [];
    let { advice } = decision;
    for (const draft of decision.events) {
      const event = toEvent(this.state, draft, command, at, eventId(this.state.seq + 1));
      evolve(this.state, event, () => {
        if (advise && event.type === 'usage.recorded') advice = answerUse(this.state, event);
      });
      events.push(event);
    }
    return { events, advice };
  }
}

/** An id that grows with `seq`; made up, as nothing is stored under it. */
const eventId = (seq: number): EventId => `01${String(seq).padStart(24, '0')}` as EventId;
