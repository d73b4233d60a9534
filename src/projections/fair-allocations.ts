/**
 * `fair_allocations`: per identity and window, its share, use and interval, as last worked out; and
 * `fair_allocation_history`: what each identity was entitled to and told whenever that changed materially. The log
 * decides when they are worked out (`state.notable`), so a rebuild gives the same rows whatever the batches were.
 */
import { isoText } from '../events/days.js';
import type { FoldedEvent } from '../events/envelope.js';
import type { EpochMs } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import { type AllocatedMember, type Allocations, allocate, microUsd, type Part } from '../fairness/allocate.js';
import type { Change } from './change.js';
import type { Accumulator, PoolRef, Projection } from './projection.js';
import { type Row, Rows } from './rows.js';
import { fairAllocations as kept } from './tables.js';

const [current, history] = kept.tables;

export const fairAllocations: Projection = {
  ...kept,
  fold: (poolRef) => new AllocationsAccumulator(poolRef),
};

class AllocationsAccumulator implements Accumulator {
  readonly #poolRef: PoolRef;
  /** Worked out at an event; only the last one of a batch becomes rows of the current table. */
  #last: Solved | null = null;
  #history = new Rows();

  constructor(poolRef: PoolRef) {
    this.#poolRef = poolRef;
  }

  add(event: FoldedEvent, state: PoolState, withAllocations: boolean): void {
    const { notable } = state;
    if (notable === 'nothing' || notable === 'later' || (notable === 'figures' && !withAllocations)) return;
    const solved = { allocations: allocate(state.fair, event.recorded_at), at: event.recorded_at, seq: event.seq };
    this.#last = solved;
    if (notable === 'figures') return;
    for (const member of solved.allocations.members) {
      if (notable !== 'all' && notable.member !== member.member.key) continue;
      this.#history.add(historyRow(this.#poolRef.pool, solved, member));
    }
  }

  take(): Change[] {
    const changes: Change[] = [];
    const { pool } = this.#poolRef;
    if (this.#last !== null) {
      const { allocations } = this.#last;
      const rows = new Rows();
      for (const member of allocations.members) {
        for (const part of member.parts) rows.add(currentRow(pool, this.#last, member, part));
      }
      changes.push({ op: 'delete', table: current.name, where: { pool } });
      if (rows.count > 0) changes.push({ op: 'upsert', table: current.name, rows });
    }
    if (this.#history.count > 0) changes.push({ op: 'insert', table: history.name, rows: this.#history });
    this.#last = null;
    this.#history = new Rows();
    return changes;
  }
}

interface Solved {
  readonly allocations: Allocations;
  readonly at: EpochMs;
  readonly seq: number;
}

function currentRow(pool: string, { at, seq }: Solved, allocated: AllocatedMember, part: Part): Row {
  const { member, share, told, reason, conduct } = allocated;
  const { view, runout, unattributed } = part.window;
  return [
    pool,
    member.name,
    view.key,
    member.weight,
    rounded(part.share),
    part.used,
    microUsd(share?.balance ?? 0),
    part.remaining,
    part.remainingFraction === null ? null : rounded(part.remainingFraction),
    told.interval,
    reason,
    told.bindingWindow,
    conduct,
    rounded(view.percent),
    rounded(view.deviation),
    view.budget === null ? null : microUsd(view.budget),
    view.budgetDeviation === null ? null : rounded(view.budgetDeviation),
    unattributed === null ? null : microUsd(unattributed),
    timeText(view.resetAt),
    timeText(runout?.p10),
    timeText(runout?.p50),
    timeText(runout?.p90),
    runout === null ? null : rounded(runout.beforeReset),
    isoText(at),
    seq,
  ];
}

function historyRow(pool: string, { at, seq }: Solved, allocated: AllocatedMember): Row {
  const { member, share, told, reason, conduct } = allocated;
  return [
    pool,
    seq,
    member.name,
    told.interval,
    told.blockedBy.length > 0 ? told.blockedBy.join(' ') : null,
    told.bindingWindow,
    conduct,
    rounded(share?.nominal ?? 0),
    microUsd(member.autonomy),
    microUsd(share?.balance ?? 0),
    reason,
    isoText(at),
  ];
}

/** Figures for people: a millionth is more than they know. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** The latest moment a table tells; run-outs of a window that is hardly used lie beyond it. */
const lastMoment = 253_402_300_799_999;

function timeText(at: number | null | undefined): string | null {
  if (at === null || at === undefined) return null;
  return isoText(Math.round(Math.min(at, lastMoment)) as EpochMs);
}
