/** A ledger as the sink of what is collected. A daemon that was started again may listen somewhere else than before. */
import { writerOf } from '../../engines/open.js';
import { type Sink, SinkFailure } from '../../intake/sink.js';
import { defaultPoolName } from '../../settings/default-pool.js';
import { addressOfWriter } from '../daemon-address.js';
import { HttpClient } from '../http-client.js';
import type { LedgerClient } from '../ledger-client.js';
import type { Globals } from '../options.js';

export function ledgerSink(globals: Globals, client: LedgerClient, source: string): Sink {
  let current = client;
  return async (reports, abort) => {
    try {
      return await current.recordAll(reports, source, abort);
    } catch (error) {
      const writer = error instanceof SinkFailure && error.isTransient ? writerOf(globals.database) : null;
      if (current instanceof HttpClient && writer?.url !== undefined) {
        const to = addressOfWriter(writer.url, writer.socket, globals.access);
        // Where that fails, so does the next attempt, which says why.
        current = await HttpClient.open(globals, to, globals.pool ?? defaultPoolName).catch(() => current);
      }
      throw error;
    }
  };
}
