/** Opening the ledger of a database for writing, in this process. */

import type { Engine } from '../engines/engine.js';
import { openEngine } from '../engines/open.js';
import type { EngineLimits } from '../engines/open-options.js';
import type { UnknownAgents } from '../events/decision.js';
import type { WorkOptions } from '../jobs/work.js';
import { Ledger } from '../ledger/ledger.js';
import type { Clock } from '../runtime/clock.js';
import { systemTimeZone } from '../runtime/time-zone.js';
import type { Settings } from '../settings/schema.js';
import { pricesWith } from './prices.js';

export interface LedgerOptions {
  /** Where the ledger is: a data directory, or the URL of a server. */
  readonly database: string;
  /** For pools that are added; the system's where none is set. */
  readonly timeZone?: string | undefined;
  readonly unknownAgents: UnknownAgents;
  /** How many names may join a pool by themselves within an hour. */
  readonly newcomersPerHour?: number | undefined;
  /** Prices of one's own. */
  readonly priceFile?: string | undefined;
  /** What the watchdog goes by. */
  readonly alerts?: Settings['alerts'] | undefined;
  /** Hosts, separated by commas, to which messages are sent wherever they are. */
  readonly webhookHosts?: string | undefined;
  /** What background work there is, for who adds or does some. */
  readonly work?: WorkOptions | undefined;
  readonly engineLimits?: EngineLimits | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * For a verb, which ends soon: its storage works in this thread. Throws a `StorageError` that names the other process when
 * one has the data directory.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const engine = await openEngine(options.database, 'writer', {
    inline: true,
    clock: options.clock,
    limits: options.engineLimits,
  });
  return ledgerOn(engine, options);
}

/** The ledger has the engine from now on; where it cannot be opened, the engine is closed. */
export async function ledgerOn(engine: Engine, options: LedgerOptions): Promise<Ledger> {
  const { database, timeZone = systemTimeZone(), unknownAgents, newcomersPerHour, priceFile, clock } = options;
  try {
    const prices = await pricesWith(priceFile);
    return await Ledger.open(engine, { database, timeZone, unknownAgents, newcomersPerHour, prices, clock });
  } catch (error) {
    await engine.close();
    throw error;
  }
}
