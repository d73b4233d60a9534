/**
 * The runs of one agent: what it had been told before each, and how long it waited, from start to start. Where a run begins is what
 * the controller says of it, from the events of the agent alone. "A run" in docs/concepts/fair-share.md.
 */
import type { LedgerEvent } from '../events/envelope.js';
import type { EpochMs, IdentityName, PoolId } from '../events/scalars.js';
import { belongs, lateMs, type Running } from '../fairness/runs.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';

/** Times are milliseconds UTC. */
export interface AgentRun {
  readonly start: EpochMs;
  /** Of the event that began it. */
  readonly seq: number;
  /** Seconds from run to run, as it was told last before; null where nothing is known of that. */
  readonly toldS: number | null;
  /** Whether that was a wait for a full window. */
  readonly isForWindow: boolean;
  /** Seconds since the start of the run before. */
  readonly keptS: number;
  /** A person worked with it in between: the controller learns nothing from that wait. */
  readonly isAfterPerson: boolean;
}

export interface AgentRuns {
  /** The oldest first. */
  readonly runs: readonly AgentRun[];
  /** From when on they are known, where that is later than what was asked for: more events are not gone through. */
  readonly knownFrom: EpochMs | null;
}

export interface RunsQuestion {
  readonly from: EpochMs;
  readonly until: EpochMs;
}

const types = ['usage.recorded', 'agent.advised', 'turn.granted', 'turn.settled', 'turn.released', 'turn.expired'];

export async function agentRuns(
  ledger: Ledger,
  pool: PoolId,
  name: IdentityName,
  { from, until }: RunsQuestion,
): Promise<AgentRuns> {
  const upTo = await ledger.seqAt(pool, until);
  const limit = limits.agentRunEventsMax;
  const events = (await ledger.readEvents(pool, { names: [name], types, upTo, backwards: true, limit })).reverse();
  const [first] = events;
  const isCut = events.length === limit && first !== undefined && first.recorded_at > from;
  return {
    runs: runsIn(events).filter(({ start }) => start >= from && start < until),
    knownFrom: isCut ? first.recorded_at : null,
  };
}

/** Of the events of one agent, in order. The first run has none before it, and is not among them. */
export function runsIn(events: readonly LedgerEvent[]): AgentRun[] {
  const counting = new Counting();
  for (const event of events) counting.take(event);
  return counting.runs;
}

class Counting {
  readonly runs: AgentRun[] = [];
  readonly #turns = new Set<string>();
  #told: Issued = notTold;
  /** Before `#told`. */
  #toldBefore: Issued = notTold;
  #isAfterPerson = false;
  #run: { start: number; last: number; turn: string | null; closed: boolean } | null = null;

  take(event: LedgerEvent): void {
    switch (event.type) {
      case 'usage.recorded':
        return this.#used(event);
      case 'agent.advised':
        return this.#tell(event.payload, event.recorded_at);
      case 'turn.granted':
        this.#turns.add(event.payload.turn);
        return this.#begin(event, event.payload.turn);
      case 'turn.settled':
      case 'turn.released':
      case 'turn.expired':
        this.#turns.delete(event.payload.turn);
        if (this.#run?.turn === event.payload.turn) this.#run.closed = true;
    }
  }

  #used(event: LedgerEvent & { type: 'usage.recorded' }): void {
    const { payload, recorded_at: at } = event;
    const isHistory = payload.imported !== undefined || at - event.occurred_at > lateMs;
    if (!isHistory) {
      if (payload.mode === 'autonomy') this.#ran(event, payload.turn);
      this.#isAfterPerson = payload.mode !== 'autonomy';
    }
    this.#tell(payload, at);
  }

  #ran(event: LedgerEvent, named: string | undefined): void {
    const turn = named !== undefined && (this.#turns.has(named) || this.#run?.turn === named) ? named : null;
    const known: Running = { issued: this.#told.seconds, run: this.#run };
    if (!belongs(known, turn, event.recorded_at)) this.#begin(event, turn);
    if (this.#run !== null) this.#run.last = event.recorded_at;
  }

  #begin({ seq, recorded_at: at }: LedgerEvent, turn: string | null): void {
    // An answer of the same moment is that to the question whether it may run: it had waited by the one before.
    const told = this.#told.at === at ? this.#toldBefore : this.#told;
    if (this.#run !== null)
      this.runs.push({
        start: at,
        seq,
        toldS: told.seconds,
        isForWindow: told.isForWindow,
        keptS: (at - this.#run.start) / 1_000,
        isAfterPerson: this.#isAfterPerson,
      });
    this.#run = { start: at, last: at, turn, closed: false };
  }

  #tell({ issued_interval_s: seconds, blocked_by: blockedBy = [] }: Told, at: number): void {
    if (seconds === undefined) return;
    if (this.#told.at !== at) this.#toldBefore = this.#told;
    this.#told = { seconds, isForWindow: blockedBy.length > 0, at };
  }
}

interface Issued {
  readonly seconds: number | null;
  readonly isForWindow: boolean;
  readonly at: number;
}

const notTold: Issued = { seconds: null, isForWindow: false, at: 0 };

interface Told {
  readonly issued_interval_s?: number | undefined;
  readonly blocked_by?: readonly string[] | undefined;
}
