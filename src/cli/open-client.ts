/**
 * How verbs that append reach the ledger. Only one process may write to a data directory: where a daemon has it, its
 * HTTP API is asked; where nobody has it, the ledger is opened in this process, and closed afterwards. A server may be
 * written to by many, so this process is one more of them.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { defaultPoolName } from '../settings/default-pool.js';
import { addressOfWriter } from './daemon-address.js';
import { failure } from './exit.js';
import type { LedgerClient } from './ledger-client.js';
import type { Globals } from './options.js';

/** Another run of this program, or a daemon that is only starting, gives way in this time. */
const busyMsMax = 2_000;
const pollMs = 50;

/** Runs `work` with a client for the pool that was asked for; `default` is added when the ledger is new. */
export async function withPoolClient<T>(globals: Globals, work: (client: LedgerClient) => Promise<T>): Promise<T> {
  const client = await openClient(globals, globals.pool ?? defaultPoolName);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** As `withPoolClient`, for work that concerns no pool, or one that is not there yet. */
export async function withClient<T>(globals: Globals, work: (client: LedgerClient) => Promise<T>): Promise<T> {
  const client = await openClient(globals, null);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function openClient(globals: Globals, pool: string | null): Promise<LedgerClient> {
  const { database } = globals;
  const { writerOf } = await import('../engines/open.js');
  const deadline = Date.now() + busyMsMax;
  for (;;) {
    const writer = writerOf(database);
    if (writer?.url !== undefined) {
      const { HttpClient } = await import('./http-client.js');
      return HttpClient.open(globals, addressOfWriter(writer.url, writer.socket, globals.access), pool);
    }
    if (writer === null) {
      const { InProcessClient } = await import('./in-process-client.js');
      const opened = await InProcessClient.open(globals, pool);
      if (opened !== null) return opened;
    } else if (Date.now() > deadline) {
      throw failure(
        `${database} is in use by process ${writer.pid} on ${writer.host}, which takes no commands; try again when it has ended.`,
      );
    }
    await wait(pollMs);
  }
}
