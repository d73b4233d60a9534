/** A store's thread: opens the store its settings name, then answers calls in the order they come. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../runtime/clock.js';
import type { EventTexts } from '../engine.js';
import { sendable } from '../thread-error.js';
import { storageFault } from './faults.js';
import { invoke } from './inline.js';
import { type Settings, Store } from './store.js';
import type { Answer, Call } from './thread.js';

let store: Store | null = null;

parentPort?.on('message', ({ id, method, args }: Call) => {
  try {
    const value = answer(method, args);
    parentPort?.postMessage({ id, value } satisfies Answer, handedOver(method, value));
  } catch (error) {
    parentPort?.postMessage({ id, error: sendable(storageFault(error)) } satisfies Answer);
  }
});

function answer(method: Call['method'], args: readonly unknown[]): unknown {
  if (method !== 'open') return invoke(store as Store, method, args);
  store = new Store(workerData as Settings, systemClock);
  return undefined;
}

/** The memory of a page's text goes to who asked, where no other bytes are in it: to copy 650 KB takes 0.5 ms. */
function handedOver(method: Call['method'], value: unknown): ArrayBuffer[] {
  if (method !== 'readTexts') return [];
  const { buffer, byteLength } = (value as EventTexts).bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
