/** Opening the ledger of a database for writing, in this process. */

import type { Engine } from '../engines/engine.js';
import { openEngine } from '../engines/open.js';
import type { UnknownAgents } from '../events/decision.js';
import { Ledger, type LedgerSettings } from '../ledger/ledger.js';
import type { Clock } from '../runtime/clock.js';
import { timeZoneSetting, unknownAgentsSetting } from '../settings/ledger-settings.js';

export interface LedgerOptions {
  readonly timeZone?: string | undefined;
  readonly unknownAgents?: UnknownAgents | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * For a verb, which ends soon: its storage works in this thread. Throws a `StorageError` that names the other process when
 * one has the data directory.
 */
export async function openLedger(database: string, options: LedgerOptions = {}): Promise<Ledger> {
  const settings = settingsOf(database, options);
  return ledgerOn(await openEngine(database, 'writer', { inline: true }), settings);
}

export function settingsOf(database: string, options: LedgerOptions): LedgerSettings {
  return {
    database,
    timeZone: options.timeZone ?? timeZoneSetting(),
    unknownAgents: options.unknownAgents ?? unknownAgentsSetting(),
    clock: options.clock,
  };
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
