/** The operational tables of a database file. */
import type { Operations } from '../operations.js';
import type { StoreHandle } from './thread.js';

export class SqliteOperations implements Operations {
  /** Takes leases: not what compares tables, or they would run out meanwhile. */
  store: StoreHandle;

  constructor(store: StoreHandle) {
    this.store = store;
  }

  acquireLease(name: string, holder: string, ttlMs: number): Promise<number | null> {
    return this.store.call('acquireLease', name, holder, ttlMs);
  }

  renewLease(name: string, token: number, ttlMs: number): Promise<boolean> {
    return this.store.call('renewLease', name, token, ttlMs);
  }

  releaseLease(name: string, token: number): Promise<void> {
    return this.store.call('releaseLease', name, token);
  }
}
