/**
 * A store in a thread of its own (`worker.ts`), called by messages: `call('pools')` in one thread is `store.pools()` in the
 * other. Errors of the storage come back as `StorageError`s.
 */
import { Thread } from '../../runtime/thread.js';
import { StorageError } from '../../storage-error.js';
import type { Settings, Store } from './store.js';

export type Methods = { [M in keyof Store as Store[M] extends (...args: never[]) => unknown ? M : never]: Store[M] };
export type Method = keyof Methods;

/** How the engine calls a store, in whichever thread it is. */
export interface StoreHandle {
  call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<Awaited<ReturnType<Methods[M]>>>;
  close(): Promise<void>;
}

export type Call =
  | { readonly method: Method; readonly args: readonly unknown[] }
  | { readonly method: 'open'; readonly args: readonly [Settings] };

/** It only passes rows on, so young objects die young: with room for few of them it takes less memory. */
const resourceLimits = { maxYoungGenerationSizeMb: 12 };

export class StoreThread implements StoreHandle {
  readonly #settings: Settings;
  readonly #thread: Thread<Call, unknown>;
  #isOpen = false;

  /** The thread loads its program; it touches the files when it is told to `open`. */
  constructor(settings: Settings) {
    this.#settings = settings;
    this.#thread = new Thread(new URL('./worker.js', import.meta.url), {
      resourceLimits,
      whenEnded: () => new StorageError('failed', 'the storage thread has ended'),
    });
  }

  /** Resolves when the store is open. */
  async open(): Promise<void> {
    await this.#thread.ask({ method: 'open', args: [this.#settings] });
    this.#isOpen = true;
  }

  call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<Awaited<ReturnType<Methods[M]>>> {
    return this.#thread.ask({ method, args }) as Promise<Awaited<ReturnType<Methods[M]>>>;
  }

  async close(): Promise<void> {
    if (this.#thread.hasEnded) return;
    try {
      if (this.#isOpen) await this.#thread.ask({ method: 'close', args: [] });
    } finally {
      await this.#thread.end();
    }
  }
}
