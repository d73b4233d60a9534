/**
 * How verbs that append reach the ledger. Only one process may write to a data directory: where a daemon has it, its
 * HTTP API is asked; where nobody has it, the ledger is opened in this process, and closed afterwards. A server may be
 * written to by many, so this process is one more of them.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { defaultPool } from '../events/scalars.js';
import { failure } from './exit.js';
import type { Recorder } from './ledger-client.js';
import type { Globals } from './options.js';

/** Another run of this program, or a daemon that is only starting, gives way in this time. */
const busyMsMax = 2_000;
const pollMs = 50;

/** Runs `work` with a recorder for the pool that was asked for; `default` is added when the ledger is new. */
export async function withRecorder<T>(globals: Globals, work: (recorder: Recorder) => Promise<T>): Promise<T> {
  const recorder = await openRecorder(globals.database, globals.pool ?? defaultPool);
  try {
    return await work(recorder);
  } finally {
    await recorder.close();
  }
}

/** As `withRecorder`, for work that concerns no pool, or one that is not there yet. */
export async function withLedger<T>(database: string, work: (recorder: Recorder) => Promise<T>): Promise<T> {
  const recorder = await openRecorder(database, null);
  try {
    return await work(recorder);
  } finally {
    await recorder.close();
  }
}

async function openRecorder(database: string, pool: string | null): Promise<Recorder> {
  const { writerOf } = await import('../engines/open.js');
  const deadline = Date.now() + busyMsMax;
  for (;;) {
    const writer = writerOf(database);
    if (writer?.url !== undefined) {
      const { DaemonRecorder } = await import('./http-client.js');
      return DaemonRecorder.open(database, writer.url, pool);
    }
    if (writer === null) {
      const { LocalRecorder } = await import('./in-process-client.js');
      const opened = await LocalRecorder.open(database, pool);
      if (opened !== null) return opened;
    } else if (Date.now() > deadline) {
      throw failure(
        `${database} is in use by process ${writer.pid} on ${writer.host}, which takes no commands; try again when it has ended.`,
      );
    }
    await wait(pollMs);
  }
}
