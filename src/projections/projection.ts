/** A projection: its tables, and the rule by which each event changes them. */
import type { FoldedEvent } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import type { Change, Table } from './change.js';

/** What a projection is kept in (`tables.ts`): all that an engine knows of it. */
export interface ProjectionTables {
  readonly name: string;
  /** Increased whenever the rule or a table changes: tables of another version are rebuilt at start. */
  readonly version: number;
  readonly tables: readonly Table[];
}

export interface Projection extends ProjectionTables {
  /** An accumulator of one pool's events, empty. */
  readonly fold: (pool: PoolRef) => Accumulator;
}

/** Which pool, and the number that distinguishes the ids of its rows from those of others. */
export interface PoolRef {
  readonly pool: PoolId;
  readonly number: number;
}

/** Gathers what a run of events changes, so that many events become few rows. */
export interface Accumulator {
  /** `state` is the pool's state after the event. Without `withAllocations`, allocations that only drifted are not worked out. */
  add(event: FoldedEvent, state: PoolState, withAllocations: boolean): void;
  /** The changes gathered since the last call, in order. */
  take(): Change[];
}
