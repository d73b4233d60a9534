/** What the metrics of one scrape are read off. What could not be had in time is null, or left out: a scrape tells what it can. */
import type { PoolId } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import type { WorkFigures } from '../jobs/figures.js';
import type { AppendFigures } from '../ledger/append-figures.js';
import type { DeliveryFigures } from '../outbox/figures.js';
import type { Status } from '../status/status.js';
import type { Operation } from '../watch/operation.js';
import type { PoolCounts } from './log-counts.js';
import type { NamedIdentities } from './named-identities.js';

export interface PoolInput {
  readonly pool: PoolId;
  readonly state: PoolState;
  readonly status: Status;
  /** What was counted of its log since the first scrape. */
  readonly counts: PoolCounts;
  /** Events that this process does not know yet; null where the storage does not say. */
  readonly lag: number | null;
}

export interface JobCount {
  readonly kind: string;
  readonly state: string;
  readonly count: number;
}

export interface ScrapeInput {
  /** Milliseconds UTC. */
  readonly now: number;
  readonly version: string;
  readonly node: string;
  readonly engine: string;
  /** Those whose state can be believed. */
  readonly pools: readonly PoolInput[];
  readonly named: NamedIdentities;
  readonly append: AppendFigures;
  readonly queued: number;
  readonly replayed: number | null;
  readonly work: WorkFigures;
  readonly jobs: readonly JobCount[] | null;
  readonly deliveries: DeliveryFigures;
  readonly storage: { readonly databaseBytes: number; readonly walBytes: number } | null;
  readonly operation: Operation | null;
  /** When the newest checkpoint of each pool was signed; null where none are. Milliseconds UTC. */
  readonly checkpoints: ReadonlyMap<PoolId, number> | null;
}
