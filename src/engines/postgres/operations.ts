/** The operational tables of a server. */
import type { PoolId } from '../../events/scalars.js';
import type { Operations } from '../operations.js';
import { dropTilesSql, saveTileSql, type Tile } from '../tile.js';
import type { Connections } from './connections.js';
import { PostgresJobs } from './jobs.js';
import { acquireLease, releaseLease, renewLease } from './leases.js';
import { pipeline, prepared } from './statements.js';

export class PostgresOperations implements Operations {
  readonly jobs: PostgresJobs;
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
    this.jobs = new PostgresJobs(connections);
  }

  acquireLease(name: string, holder: string, ttlMs: number): Promise<number | null> {
    return this.#connections.use((client) => acquireLease(client, name, holder, ttlMs));
  }

  renewLease(name: string, token: number, ttlMs: number): Promise<boolean> {
    return this.#connections.use((client) => renewLease(client, name, token, ttlMs));
  }

  releaseLease(name: string, token: number): Promise<void> {
    return this.#connections.use((client) => releaseLease(client, name, token));
  }

  saveTiles(pool: PoolId, tiles: readonly Tile[]): Promise<void> {
    const statements = tiles.map(({ level, index, hashes }) => prepared(saveTileSql, [pool, level, index, hashes]));
    return this.#connections.transaction((client) => pipeline(client, statements));
  }

  async dropTiles(pool: PoolId): Promise<void> {
    await this.#connections.use((client) => client.query(prepared(dropTilesSql, [pool])));
  }
}
