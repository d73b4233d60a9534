/** The ledger that is collected for: behind a daemon, or wherever verbs find it. */
import { existsSync } from 'node:fs';
import { daemonFinder } from '../../client/address.js';
import type { PoolId } from '../../events/scalars.js';
import type { LogPlace } from '../../intake/cursor.js';
import { type CursorHome, ledgerPath } from '../../intake/cursor-file.js';
import type { Sink } from '../../intake/sink.js';
import { isServer, redacted } from '../../settings/database.js';
import { defaultPoolName } from '../../settings/default-pool.js';
import type { Resolved } from '../../settings/resolve.js';
import { daemonOf } from '../daemon-address.js';
import type { LedgerClient } from '../ledger-client.js';
import { withEngine } from '../open-view.js';
import type { Globals } from '../options.js';
import { ledgerSink } from './ledger-sink.js';
import { hasEvent, postReports } from './post-reports.js';

export interface LedgerAccess extends Pick<CursorHome, 'ledger' | 'has'> {
  /** `source`: what events carry. */
  sinkOf(source: string): Sink;
}

/** Of the daemon that reports go to. It is looked for with each request: it may be away, and come back somewhere else. */
export function daemonAccess(resolved: Resolved, globals: Globals, abort: AbortSignal): LedgerAccess {
  const name = daemonOf(resolved);
  const daemon = daemonFinder(name);
  const pool = globals.pool ?? null;
  return {
    ledger: name.data === undefined ? redacted(name.url as string) : ledgerPath(name.data),
    has: (place) => hasEvent({ daemon, pool, signal: abort }, place),
    sinkOf: (source) => (reports, signal) => postReports({ daemon, pool, signal }, reports, source),
  };
}

/** Of the ledger itself. */
export function localAccess(globals: Globals, client: LedgerClient): LedgerAccess {
  return { ...localLedger(globals), sinkOf: (source) => ledgerSink(globals, client, source) };
}

export function localLedger(globals: Globals): Pick<LedgerAccess, 'ledger' | 'has'> {
  const { database } = globals;
  const pool = (globals.pool ?? defaultPoolName) as PoolId;
  return {
    ledger: isServer(database) ? redacted(database) : ledgerPath(database),
    has: async ({ seq, hash }: LogPlace) => {
      if (!isServer(database) && !existsSync(database)) return false;
      return withEngine(globals, async (engine) => {
        const [event] = await engine.readEvents(pool, { after: seq - 1, upTo: seq, limit: 1 });
        return event?.hash === hash;
      });
    },
  };
}
