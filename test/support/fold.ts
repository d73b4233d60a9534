/**
 * A pool without storage: commands are decided and their events folded, one after the other. What the ledger would
 * look up is kept in `referenced` from the events themselves.
 */
import { type Advice, answerUse } from '../../src/events/advice.js';
import type { EventType } from '../../src/events/catalogue.js';
import type { Command } from '../../src/events/command.js';
import { decide } from '../../src/events/decide.js';
import type { Decision, UnknownAgents } from '../../src/events/decision.js';
import type { Draft, EventOf, LedgerEvent } from '../../src/events/envelope.js';
import { evolve } from '../../src/events/evolve.js';
import type { Prices } from '../../src/events/prices.js';
import type { EpochMs, EventId, PoolId } from '../../src/events/scalars.js';
import { emptyState, type PoolState } from '../../src/events/state.js';
import { toEvent } from '../../src/events/to-event.js';
import { tokenBuckets } from '../../src/events/tokens.js';
import { expireTurns } from '../../src/ledger/own-commands.js';
import { BookPrices } from '../../src/prices/book-prices.js';

/** Monday 5 January 2026, 12:00 UTC. */
export const noon = Date.parse('2026-01-05T12:00:00Z');

export const minutes = (count: number): number => count * 60_000;
export const hours = (count: number): number => minutes(count * 60);
export const days = (count: number): number => hours(count * 24);

const bookPrices = new BookPrices([]);

export class Fold {
  readonly pool = 'default' as PoolId;
  state: PoolState = emptyState(this.pool);
  readonly events: LedgerEvent[] = [];
  at = noon;
  unknownAgents: UnknownAgents = 'auto';
  newcomersPerHour = 20;
  prices: Prices = bookPrices;
  /** Whether uses are answered with an interval. */
  advises = true;
  /** The last answer. */
  advice: Advice | null = null;

  /** Decides only. */
  decide(command: Command): Decision {
    return decide(this.state, command, {
      at: this.at as EpochMs,
      unknownAgents: this.unknownAgents,
      newcomersPerHour: this.newcomersPerHour,
      prices: this.prices,
    });
  }

  /** Decides and folds; the events that came of it. Throws when the command is rejected. Turns that are due expire first. */
  take(command: Command): LedgerEvent[] {
    const { turnsDueAt } = this.state;
    const due = turnsDueAt !== null && turnsDueAt <= this.at && command.type !== 'turn.expired';
    if (due) return [...this.take(expireTurns), ...this.take(command)];
    const decision = this.decide(command);
    if (!decision.accepted) throw new Error(`${command.type} was rejected: ${decision.code} ${decision.detail}`);
    return decision.events.map((draft) => this.#append(draft, command));
  }

  /** As `take`, where one event of this type is expected. */
  one<T extends EventType>(type: T, command: Command): EventOf<T> {
    const events = this.take(command).filter((event) => event.type === type);
    if (events.length !== 1) throw new Error(`${events.length} events of type ${type}`);
    return events[0] as EventOf<T>;
  }

  /** The code a command is rejected with; throws when it is accepted. */
  refusal(command: Command): string {
    const decision = this.decide(command);
    if (decision.accepted) throw new Error(`${command.type} was accepted`);
    return decision.code;
  }

  #append(draft: Draft, command: Command): LedgerEvent {
    const event = toEvent(this.state, draft, command, this.at as EpochMs, eventId(this.state.seq + 1));
    evolve(this.state, event, () => {
      if (event.type === 'usage.recorded' && this.advises) this.advice = answerUse(this.state, event);
    });
    this.events.push(event);
    this.#remember(event);
    return event;
  }

  #remember(event: LedgerEvent): void {
    const { referenced } = this.state;
    if (event.type === 'quota.read') referenced.readings.set(event.id, { rejected: false });
    if (event.type !== 'usage.recorded') return;
    const { name, mode, tokens = {}, cost_micro_usd: cost = 0, legacy_tokens: legacyTokens = 0 } = event.payload;
    const counted = tokenBuckets.flatMap((bucket) =>
      tokens[bucket] === undefined ? [] : [[bucket, tokens[bucket]] as const],
    );
    const net = counted.length > 0 ? Object.fromEntries(counted) : { total: tokens.total ?? 0 };
    referenced.usages.set(event.id, {
      name,
      mode,
      occurredAt: event.occurred_at,
      timeZone: this.state.timeZone,
      net: { costMicroUsd: cost, legacyTokens, tokens: net },
    });
  }
}

/** A made-up id that grows with `seq`. */
export const eventId = (seq: number): EventId => `01${String(seq).padStart(24, '0')}` as EventId;
