/**
 * A store in a thread of its own (`worker.ts`), called by messages: `call('pools')` in one thread is `store.pools()` in the
 * other. Errors come back as errors; those of the storage as `StorageError`s.
 */
import { Worker } from 'node:worker_threads';
import { StorageError } from '../../storage-error.js';
import { received, type SentError } from '../thread-error.js';
import type { Settings, Store } from './store.js';

export type Methods = { [M in keyof Store as Store[M] extends (...args: never[]) => unknown ? M : never]: Store[M] };
export type Method = keyof Methods;

/** How the engine calls a store, in whichever thread it is. */
export interface StoreHandle {
  call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>>;
  close(): Promise<void>;
}

export interface Call {
  readonly id: number;
  readonly method: Method | 'open';
  readonly args: readonly unknown[];
}

export interface Answer {
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
  #isOpen = false;
  #ended: Error | null = null;

  /** The thread loads its program; it touches the files when it is told to `open`. */
  constructor(settings: Settings) {
    const url = new URL('./worker.js', import.meta.url);
    this.#worker = new Worker(url, { workerData: settings, execArgv: [], resourceLimits });
    this.#worker.on('message', (answer: Answer) => this.#receive(answer));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new StorageError('failed', 'the storage thread has ended')));
  }

  /** Resolves when the store is open. */
  async open(): Promise<void> {
    await this.#send('open', []);
    this.#isOpen = true;
  }

  call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>> {
    return this.#send(method, args) as Promise<ReturnType<Methods[M]>>;
  }

  async close(): Promise<void> {
    if (this.#ended !== null) return;
    try {
      if (this.#isOpen) await this.#send('close', []);
    } finally {
      await this.#worker.terminate();
    }
  }

  #send(method: Call['method'], args: readonly unknown[]): Promise<unknown> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args } satisfies Call);
    });
  }

  #receive({ id, value, error }: Answer): void {
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
