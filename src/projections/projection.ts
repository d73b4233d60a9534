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
  /** A folder of one pool's events, empty. */
  readonly fold: (pool: PoolPlace) => Folder;
}

export interface PoolPlace {
  readonly pool: PoolId;
  readonly number: number;
}

/** Gathers what a run of events changes, so that many events become few rows. */
export interface Folder {
  /** `state` is the pool's state after the event. Without `figures`, allocations that only drifted are not worked out. */
  add(event: FoldedEvent, state: PoolState, figures: boolean): void;
  /** The changes gathered since the last call, in order. */
  take(): Change[];
}
