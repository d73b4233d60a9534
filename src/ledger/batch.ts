/**
 * Deciding a batch: commands in, events with their place in the chain, kept answers and projection changes out.
 * It runs under the head lock, on the state at the head, and leaves the state after the batch.
 */
import type { AppendContext, Batch, FoundOutcome, KeyedOutcome } from '../engines/engine.js';
import { keptText } from '../engines/kept-answer.js';
import { type Advice, advise, answerUse } from '../events/advice.js';
import { canonicalJson } from '../events/canonical.js';
import type { EventType } from '../events/catalogue.js';
import { chainHash, hashVersion, payloadDigest } from '../events/chain.js';
import { type Command, requestDigest } from '../events/command.js';
import type { Context } from '../events/decision.js';
import type { LedgerEvent, Receipt, StoredEvent } from '../events/envelope.js';
import { evolve } from '../events/evolve.js';
import { findIdentity } from '../events/identities.js';
import type { EventId, Seq } from '../events/scalars.js';
import { type PoolState, restoreState, serialiseState } from '../events/state.js';
import { subjectOf } from '../events/subject.js';
import { toEvent } from '../events/to-event.js';
import type { Projector } from '../projections/projector.js';
import { anyRequest } from './adopted.js';
import type { Outcome, Submission } from './outcome.js';
import { expireTurns } from './own-commands.js';
import type { Rules } from './rules.js';
import { mayBeAnsweredBy } from './same-request.js';

export class BatchBuilder {
  readonly #stored: StoredEvent[] = [];
  readonly #kept = new Map<string, FoundOutcome>();
  readonly #state: PoolState;
  readonly #projector: Projector;
  readonly #found: AppendContext;
  readonly #context: Context;
  readonly #nextId: (at: number) => EventId;
  readonly #decide: Rules['decide'];
  #hash: string;

  constructor(
    state: PoolState,
    projector: Projector,
    found: AppendContext,
    context: Context,
    nextId: (at: number) => EventId,
    decide: Rules['decide'],
  ) {
    this.#state = state;
    this.#projector = projector;
    this.#found = found;
    this.#context = context;
    this.#nextId = nextId;
    this.#decide = decide;
    this.#hash = found.head.hash;
    state.referenced = found.referenced;
  }

  /** Outcomes of a submission's commands, in order. */
  decide({ commands, atomic, advise = true }: Submission): Outcome[] {
    this.#expireTurns();
    const spoiler = atomic === true ? this.#rehearse(commands) : null;
    if (spoiler === null) return commands.map((command) => this.#decideOne(command, advise));
    return commands.map((_, i) =>
      i === spoiler.index
        ? spoiler.outcome
        : { status: 'rejected', code: 'atomic_failed', detail: `item ${spoiler.index} of the request was rejected` },
    );
  }

  /** What the engine writes. */
  finish(): Batch {
    return { events: this.#stored, outcomes: [...this.#kept.values()].map(keyedOnly), changes: this.#projector.take() };
  }

  /** Turns whose time is up have ended before anything else is decided. */
  #expireTurns(): void {
    const { turnsDueAt } = this.#state;
    if (turnsDueAt !== null && turnsDueAt <= this.#context.at) this.#record(expireTurns, false);
  }

  /** What was recorded under its key is answered again; what was not is decided again: it may be possible now. */
  #decideOne(command: Command, asksAdvice: boolean): Outcome {
    const { key } = command;
    if (key === undefined) return this.#record(command, asksAdvice);
    const digest = requestDigest(command);
    const before = this.#recordedUnder(key);
    if (before !== undefined) return this.#repeat(before, command, digest, asksAdvice);
    const outcome = this.#record(command, asksAdvice);
    if (outcome.status === 'recorded') this.#kept.set(key, this.#keep(key, digest, outcome));
    return outcome;
  }

  /** Ledgers of releases before this one hold answers to what was not recorded, too. */
  #recordedUnder(key: string): FoundOutcome | undefined {
    const before = this.#kept.get(key) ?? this.#found.outcomes.get(key);
    return before === undefined || before.seq === null ? undefined : before;
  }

  #repeat(before: FoundOutcome, command: Command, digest: string, asksAdvice: boolean): Outcome {
    const isSame =
      before.digest === anyRequest ? mayBeAnsweredBy(this.#state, command, before) : before.digest === digest;
    if (!isSame) return keyReused(before.key);
    const kept = JSON.parse(before.answer);
    const { advice = asksAdvice ? this.#adviceNow(command) : undefined, notes, windows } = kept;
    const { id, hash } = before;
    if (id === null || hash === null) return { status: 'repeated', advice, notes, windows };
    const { pool } = this.#state;
    return { status: 'repeated', receipt: { pool, seq: before.seq as Seq, id, hash }, advice, notes, windows };
  }

  /** A use that nobody asked an interval for was answered none; whoever asks now is told what holds now. */
  #adviceNow(command: Command): Advice | undefined {
    if (command.type !== 'usage.recorded') return undefined;
    return advise(this.#state, findIdentity(this.#state, command.payload.name) ?? null, this.#context.at);
  }

  #keep(
    key: string,
    digest: string,
    { receipt, advice, notes, windows }: Extract<Outcome, { status: 'recorded' }>,
  ): FoundOutcome {
    const { seq, id, hash } = receipt;
    const replaces = this.#found.outcomes.has(key);
    const [first] = this.#stored as [StoredEvent];
    const { type, occurred_at, payload } = this.#stored[seq - first.seq] as StoredEvent;
    return {
      key,
      digest,
      seq,
      answer: keptText(key, digest, seq, { status: 'recorded', advice, notes, windows }),
      id,
      hash,
      type,
      occurred_at,
      payload,
      replaces,
    };
  }

  #record(command: Command, asksAdvice: boolean): Outcome {
    if (this.#isFenced(command)) return fenced;
    const decision = this.#decide(this.#state, command, this.#context);
    if (!decision.accepted) {
      const { code, detail, field } = decision;
      return { status: 'rejected', code, detail, field };
    }
    let receipt: Receipt | undefined;
    let { advice } = decision;
    let answered = false;
    let instead: EventType | undefined;
    for (const draft of decision.events) {
      const event = toEvent(this.#state, draft, command, this.#context.at, this.#nextId(this.#context.at));
      const answer = () => {
        if (asksAdvice && event.type === 'usage.recorded') advice = answerUse(this.#state, event);
      };
      evolve(this.#state, event, answer);
      const placed = this.#append(event);
      // What was asked for, else the last event: an answer comes after what it rests on.
      if (draft.type === command.type || !answered) receipt = placed;
      answered ||= draft.type === command.type;
      instead = answered ? undefined : draft.type;
    }
    const { notes, windows } = decision;
    // A response that was recorded before is no new use; who reports it is told what holds now.
    if (asksAdvice && !answered) advice ??= this.#adviceNow(command);
    if (receipt === undefined) return { status: 'repeated', advice, notes, windows };
    const recorded = { receipt, events: decision.events.length, advice, notes, windows };
    return { status: 'recorded', ...(instead === undefined ? recorded : { ...recorded, instead }) };
  }

  /** Whether it is asked for by a job whose claim is lost. */
  #isFenced({ fence }: Command): boolean {
    return fence !== undefined && this.#found.claims?.get(fence.job) !== fence.token;
  }

  #append(event: LedgerEvent): Receipt {
    const payload = canonicalJson(event.payload);
    const digest = payloadDigest(payload);
    const hash = chainHash(this.#hash, event, digest);
    this.#hash = hash;
    this.#stored.push(sealEvent(event, payload, digest, hash, subjectOf(event.payload)));
    this.#projector.add(event, this.#state);
    return { pool: event.pool, seq: event.seq, id: event.id, hash };
  }

  /** Decides an atomic submission on a copy of the state: the first command that would be rejected, or null. */
  #rehearse(commands: readonly Command[]): { index: number; outcome: Outcome } | null {
    const copy = restoreState(serialiseState(this.#state));
    const { sessions, usages, meters, metered, readings, days } = this.#state.referenced;
    copy.referenced = {
      sessions: new Map(sessions),
      usages: new Map(usages),
      meters: new Map(meters),
      metered: new Map(metered),
      readings: new Map(readings),
      days: new Map([...days].map(([date, totals]) => [date, [...totals]])),
    };
    const digests = new Map<string, string>();
    for (const [index, command] of commands.entries()) {
      const { key } = command;
      if (key !== undefined) {
        const digest = requestDigest(command);
        const before = this.#recordedUnder(key);
        if (before !== undefined) {
          const outcome = this.#repeat(before, command, digest, false);
          if (outcome.status === 'rejected') return { index, outcome };
          continue;
        }
        const own = digests.get(key);
        if (own === digest) continue;
        if (own !== undefined) return { index, outcome: keyReused(key) };
        digests.set(key, digest);
      }
      const decision = this.#decide(copy, command, this.#context);
      if (!decision.accepted) {
        const { code, detail, field } = decision;
        return { index, outcome: { status: 'rejected', code, detail, field } };
      }
      const { at } = this.#context;
      for (const draft of decision.events) evolve(copy, toEvent(copy, draft, command, at, '' as EventId));
    }
    return null;
  }
}

const fenced: Outcome = {
  status: 'rejected',
  code: 'job_fenced',
  detail: 'the claim on the job is lost: another process may have it, or it was cancelled',
};

const keyReused = (key: string): Outcome => ({
  status: 'rejected',
  code: 'key_reused',
  detail: `the key ${key} was used for another request`,
  field: 'key',
});

/** Written out: `{ ...event }` costs 9 µs here, this 0.1 µs. */
function sealEvent(
  event: LedgerEvent,
  payload: string,
  digest: string,
  hash: string,
  name: string | null,
): StoredEvent {
  return {
    pool: event.pool,
    seq: event.seq,
    id: event.id,
    type: event.type,
    version: event.version,
    occurred_at: event.occurred_at,
    recorded_at: event.recorded_at,
    actor: event.actor,
    source: event.source,
    key: event.key,
    correlates: event.correlates,
    payload,
    digest,
    hash,
    hash_version: hashVersion,
    claude_name: name,
  };
}

const keyedOnly = ({ key, digest, seq, answer, replaces }: FoundOutcome): KeyedOutcome => ({
  key,
  digest,
  seq,
  answer,
  replaces,
});
