/**
 * A store in a thread of its own, called by messages: `call('pools')` in one thread is `store.pools()` in the other.
 * Errors come back as errors; those of the storage as `StorageError`s.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { type Role, StorageError } from '../engine.js';
import { received, type SentError, sendable } from '../thread-error.js';
import { storageFault } from './faults.js';
import { Store } from './store.js';

type Methods = { [M in keyof Store as Store[M] extends (...args: never[]) => unknown ? M : never]: Store[M] };
type Method = keyof Methods;

/** How the engine calls a store, in whichever thread it is. */
export interface StoreHandle {
  call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>>;
  close(): Promise<void>;
}

interface Settings {
  readonly folder: string;
  readonly role: Role;
}

interface Call {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: SentError;
}

/** It only passes rows on, so young objects die young: with room for few of them it takes less memory. */
const resourceLimits = { maxYoungGenerationSizeMb: 12 };

export class StoreThread implements StoreHandle {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #lastId = 0;
  #ended: Error | null = null;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('error', (error) => this.#end(error));
    worker.on('exit', () => this.#end(new StorageError('failed', 'the storage thread has ended')));
  }

  /** Resolves when the store is open. */
  static async open(settings: Settings): Promise<StoreThread> {
    const url = new URL('./worker.js', import.meta.url);
    const worker = new Worker(url, { workerData: settings, execArgv: [], resourceLimits });
    const thread = new StoreThread(worker);
    try {
      await thread.#send('open' as Method, []);
    } catch (error) {
      await worker.terminate();
      throw error;
    }
    return thread;
  }

  call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>> {
    return this.#send(method, args) as Promise<ReturnType<Methods[M]>>;
  }

  async close(): Promise<void> {
    if (this.#ended !== null) return;
    try {
      await this.#send('close', []);
    } finally {
      await this.#worker.terminate();
    }
  }

  #send(method: Method, args: readonly unknown[]): Promise<unknown> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args } satisfies Call);
    });
  }

  #settle({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(value as never);
    else waiting.reject(received(error));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** A store in the calling thread: for a thread that does nothing else meanwhile. */
export class InlineStore implements StoreHandle {
  readonly store: Store;

  constructor(settings: Settings) {
    try {
      this.store = new Store(settings.folder, settings.role);
    } catch (error) {
      throw storageFault(error);
    }
  }

  async call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>> {
    try {
      return invoke(this.store, method, args) as ReturnType<Methods[M]>;
    } catch (error) {
      throw storageFault(error);
    }
  }

  async close(): Promise<void> {
    this.store.close();
  }
}

/** Body of the thread: opens the store its settings name, then answers calls in the order they come. */
export function serveStore(): void {
  const { folder, role } = workerData as Settings;
  let store: Store | null = null;
  parentPort?.on('message', ({ id, method, args }: Call) => {
    try {
      if (store === null) {
        store = new Store(folder, role);
        parentPort?.postMessage({ id } satisfies Answer);
        return;
      }
      parentPort?.postMessage({ id, value: invoke(store, method, args) } satisfies Answer);
    } catch (error) {
      parentPort?.postMessage({ id, error: sendable(storageFault(error)) } satisfies Answer);
    }
  });
}

const invoke = (store: Store, method: Method, args: readonly unknown[]): unknown =>
  (store[method] as (...args: unknown[]) => unknown).apply(store, [...args]);
