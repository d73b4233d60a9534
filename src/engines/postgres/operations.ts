/** The operational tables of a server. */
import type { Operations } from '../operations.js';
import type { Connections } from './connections.js';
import { acquireLease, releaseLease, renewLease } from './leases.js';

export class PostgresOperations implements Operations {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
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
}
