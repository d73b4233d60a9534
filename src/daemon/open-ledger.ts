/** Opening the ledger of a database for writing, in this process. */

import type { Engine } from '../engines/engine.js';
import { openEngine } from '../engines/open.js';
import type { EngineLimits } from '../engines/open-options.js';
import type { UnknownAgents } from '../events/decision.js';
import { Ledger, type LedgerSettings } from '../ledger/ledger.js';
import type { Clock } from '../runtime/clock.js';
import { systemTimeZone } from '../runtime/time-zone.js';

export interface LedgerOptions {
  /** Where the ledger is: a data directory, or the URL of a server. */
  readonly database: string;
  /** For pools that are added; the system's where none is set. */
  readonly timeZone?: string | undefined;
  readonly unknownAgents: UnknownAgents;
  /** How many names may join a pool by themselves within an hour. */
  readonly newcomersPerHour?: number | undefined;
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
  return ledgerOn(engine, settingsOf(options));
}

export function settingsOf(options: LedgerOptions): LedgerSettings {
  const { database, timeZone, unknownAgents, newcomersPerHour, clock } = options;
  return { database, timeZone: timeZone ?? systemTimeZone(), unknownAgents, newcomersPerHour, clock };
}

/** The ledger has the engine from now on; where it cannot be opened, the engine is closed. */
export async function ledgerOn(engine: Engine, settings: LedgerSettings): Promise<Ledger> {
  try {
    return await Ledger.open(engine, settings);
  } catch (error) {
    await engine.close();
    throw error;
  }
}
