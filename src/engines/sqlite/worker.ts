/** A store's thread: opens the store its settings name, then answers calls in the order they come. */
import { parentPort, workerData } from 'node:worker_threads';
import { sendable } from '../thread-error.js';
import { storageFault } from './faults.js';
import { invoke } from './inline.js';
import { Store } from './store.js';
import type { Answer, Call, Settings } from './thread.js';

const { folder, role } = workerData as Settings;
let store: Store | null = null;

parentPort?.on('message', ({ id, method, args }: Call) => {
  try {
    parentPort?.postMessage({ id, value: answer(method, args) } satisfies Answer);
  } catch (error) {
    parentPort?.postMessage({ id, error: sendable(storageFault(error)) } satisfies Answer);
  }
});

function answer(method: Call['method'], args: readonly unknown[]): unknown {
  if (method !== 'open') return invoke(store as Store, method, args);
  store = new Store(folder, role);
  return undefined;
}
