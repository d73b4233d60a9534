/**
 * `fair_allocations`: per identity and window, its share, use and interval. A row is worked out at the events that
 * change it, with their recorded time, so that a rebuild gives the same row whatever the batches were.
 */
import { isoText } from '../events/days.js';
import type { FoldedEvent } from '../events/envelope.js';
import { findIdentity, livingIdentities } from '../events/identities.js';
import type { EpochMs } from '../events/scalars.js';
import type { Identity, PoolState } from '../events/state.js';
import { type Allocation, allocationsOf } from '../fairness/allocate.js';
import { type Policy, staticPolicy } from '../fairness/policy.js';
import type { Folder, PoolPlace, Projection } from './projection.js';
import type { Change, Row, Table } from './table.js';

const table: Table = {
  name: 'fair_allocations',
  columns: {
    pool: 'key',
    claude_name: 'key',
    window_key: 'key',
    weight: 'set',
    share: 'set',
    used_micro_usd: 'set',
    balance_micro_usd: 'set',
    remaining: 'set',
    recommended_interval: 'set',
    reason: 'set',
    binding_window: 'set',
    computed_at: 'set',
    seq: 'set',
  },
};

export const fairAllocations: Projection = {
  name: 'fair_allocations',
  version: 1,
  tables: [table],
  fold: (place) => new AllocationsFolder(place, staticPolicy),
};

class AllocationsFolder implements Folder {
  readonly #place: PoolPlace;
  readonly #policy: Policy;
  #changes: Change[] = [];
  /** By identity key. */
  #pending = new Map<string, Solved>();

  constructor(place: PoolPlace, policy: Policy) {
    this.#place = place;
    this.#policy = policy;
  }

  add(event: FoldedEvent, state: PoolState): void {
    switch (event.type) {
      case 'usage.recorded':
      case 'usage.corrected': {
        const identity = findIdentity(state, event.payload.name);
        if (identity !== undefined) this.#allocate(event, state, identity);
        return;
      }
      case 'identity.merged':
        this.#remove(event.payload.from);
        this.#allocateAll(event, state);
        return;
      case 'quota.read':
      case 'quota.rejected':
      case 'quota.exhausted':
        this.#removeUnwindowed(state);
        this.#allocateAll(event, state);
        return;
      case 'identity.registered':
      case 'identity.changed':
      case 'identity.retired':
      case 'identity.reinstated':
        this.#allocateAll(event, state);
        return;
    }
  }

  take(): Change[] {
    this.#flush();
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  #allocateAll(event: FoldedEvent, state: PoolState): void {
    for (const identity of livingIdentities(state)) this.#allocate(event, state, identity);
  }

  #allocate(event: FoldedEvent, state: PoolState, identity: Identity): void {
    const allocations = allocationsOf(this.#policy, state, identity, event.recorded_at);
    this.#pending.set(identity.key, { allocations, at: event.recorded_at, seq: event.seq });
  }

  /** Rows from before the first window was known give way to rows per window. */
  #removeUnwindowed(state: PoolState): void {
    if (state.windows.size > 0) this.#delete({ pool: this.#place.pool, window_key: 'none' });
  }

  #remove(name: string): void {
    this.#delete({ pool: this.#place.pool, claude_name: name });
  }

  #delete(where: Record<string, string>): void {
    this.#flush();
    this.#changes.push({ op: 'delete', table: table.name, where });
  }

  #flush(): void {
    if (this.#pending.size === 0) return;
    const rows = [...this.#pending.values()].flatMap((solved) => rowsOf(this.#place.pool, solved));
    this.#changes.push({ op: 'upsert', table: table.name, rows });
    this.#pending = new Map();
  }
}

/** Worked out at an event; only the last one of a batch becomes rows. */
interface Solved {
  readonly allocations: readonly Allocation[];
  readonly at: EpochMs;
  readonly seq: number;
}

function rowsOf(pool: string, { allocations, at, seq }: Solved): Row[] {
  return allocations.map((allocation) => [
    pool,
    allocation.identity.name,
    allocation.window,
    allocation.weight,
    allocation.share,
    allocation.used,
    allocation.balance,
    allocation.remaining,
    allocation.recommendedInterval,
    allocation.reason,
    allocation.bindingWindow,
    isoText(at),
    seq,
  ]);
}
