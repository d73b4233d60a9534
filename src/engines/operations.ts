/**
 * The contract between what a daemon does in the background and the storage of the tables for it. They hold how work is shared out,
 * and nothing that the log or its projections depend on. Each engine implements it, with the same file names.
 */
import type { PoolId } from '../events/scalars.js';
import type { JobStore } from './job-store.js';
import type { Tile } from './tile.js';

export interface Operations {
  readonly jobs: JobStore;

  /** Takes a named lease for so long: its token, which grows with every taking, or null while another holder has the lease. */
  acquireLease(name: string, holder: string, ttlMs: number): Promise<number | null>;
  /** Keeps a lease for so long from now on. False, and nothing is changed, where it was released or taken since. */
  renewLease(name: string, token: number, ttlMs: number): Promise<boolean>;
  /** Nothing happens where the lease was taken since. */
  releaseLease(name: string, token: number): Promise<void>;

  /** Keeps tiles of the tree of a log, all or none; `query` reads them from the table `tiles`. A longer one that is there stays. */
  saveTiles(pool: PoolId, tiles: readonly Tile[]): Promise<void>;
  dropTiles(pool: PoolId): Promise<void>;
}
