/** Opening the ledger of a database for writing, in this process. */
import { openEngine } from '../engines/open.js';
import type { UnknownAgents } from '../events/decision.js';
import { Ledger } from '../ledger/ledger.js';
import { timeZoneSetting, unknownAgentsSetting } from './settings.js';

export interface LedgerOptions {
  readonly timeZone?: string | undefined;
  readonly unknownAgents?: UnknownAgents | undefined;
  readonly now?: (() => number) | undefined;
  /** For a daemon: requests must not wait for the storage. A verb that ends soon is quicker without. */
  readonly threads?: boolean | undefined;
}

/** Throws a `StorageError` that names the other process when one has the data directory. */
export async function openLedger(database: string, options: LedgerOptions = {}): Promise<Ledger> {
  const settings = {
    database,
    timeZone: options.timeZone ?? timeZoneSetting(),
    unknownAgents: options.unknownAgents ?? unknownAgentsSetting(),
    now: options.now,
  };
  const engine = await openEngine(database, 'writer', options.threads !== true);
  try {
    return await Ledger.open(engine, settings);
  } catch (error) {
    await engine.close();
    throw error;
  }
}
