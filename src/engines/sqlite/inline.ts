/** A store in the calling thread: for a thread that does nothing else meanwhile. */
import type { Clock } from '../../runtime/clock.js';
import { storageFault } from './faults.js';
import { type Settings, Store } from './store.js';
import type { Method, Methods, StoreHandle } from './thread.js';

export class InlineStore implements StoreHandle {
  readonly store: Store;

  constructor(settings: Settings, clock: Clock) {
    try {
      this.store = new Store(settings, clock);
    } catch (error) {
      throw storageFault(error);
    }
  }

  async call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<Awaited<ReturnType<Methods[M]>>> {
    try {
      return (await invoke(this.store, method, args)) as Awaited<ReturnType<Methods[M]>>;
    } catch (error) {
      throw storageFault(error);
    }
  }

  async close(): Promise<void> {
    this.store.close();
  }
}

export const invoke = (store: Store, method: Method, args: readonly unknown[]): unknown =>
  (store[method] as (...args: unknown[]) => unknown).apply(store, [...args]);
