/** Appending in this process: while no daemon has the data directory, or as one more process on a server. */

import { type LedgerOptions, openLedger } from '../daemon/open-ledger.js';
import { timeZone as timeZoneSchema } from '../events/catalogue/pool.js';
import { parseCommand, parseWith } from '../events/command.js';
import { type PoolId, poolId } from '../events/scalars.js';
import { type ClockCorrection, doubtText } from '../ledger/clock-alerts.js';
import type { Ledger } from '../ledger/ledger.js';
import { unknownPool } from '../ledger/view.js';
import { Problem } from '../problems.js';
import type { ReplayReport } from '../replay/replay.js';
import type { ReplayProgress } from '../replay/replay-run.js';
import { redacted } from '../settings/database.js';
import { defaultPoolName } from '../settings/default-pool.js';
import { StorageError } from '../storage-error.js';
import { type ClockState, type CommandText, type LedgerClient, type RecordResult, source } from './ledger-client.js';
import { remark } from './output.js';

const origin = { actor: 'local', source };

export class InProcessClient implements LedgerClient {
  readonly #ledger: Ledger;
  readonly #pool: PoolId | null;

  private constructor(ledger: Ledger, pool: PoolId | null) {
    this.#ledger = ledger;
    this.#pool = pool;
  }

  /** Null when another process took the data directory a moment ago. */
  static async open(options: LedgerOptions, pool: string | null): Promise<InProcessClient | null> {
    const ledger = await openLedger(options).catch(nullWhenLocked);
    if (ledger === null) return null;
    try {
      return new InProcessClient(ledger, pool === null ? null : await poolOf(ledger, options.database, pool));
    } catch (error) {
      await ledger.close();
      throw error;
    }
  }

  async timeZone(): Promise<string> {
    return this.#ledger.state(this.#knownPool).timeZone;
  }

  async record(command: CommandText, ask?: boolean): Promise<RecordResult> {
    const outcome = await this.#ledger.submitOne(this.#knownPool, parseCommand(command, origin), ask);
    if (outcome.status === 'rejected') throw new Problem(outcome.code, outcome.detail);
    return { status: outcome.status, ...outcome.receipt, advice: outcome.advice, notes: outcome.notes };
  }

  get #knownPool(): PoolId {
    if (this.#pool === null) throw new Error('this client was opened for no pool');
    return this.#pool;
  }

  async addPool(pool: string, timeZone: string | undefined): Promise<void> {
    const zone = timeZone === undefined ? undefined : parseWith(timeZoneSchema, timeZone, 'time_zone');
    await this.#ledger.addPool(parseWith(poolId, pool, 'pool'), zone);
    await this.#ledger.adoptMethod();
  }

  replay(projections: readonly string[]): AsyncGenerator<ReplayProgress, ReplayReport> {
    return this.#ledger.replay({ projections });
  }

  async clock(): Promise<ClockState> {
    const { clockDoubt: doubt } = this.#ledger;
    const detail = doubt === null ? null : doubtText(doubt);
    return { state: doubt === null ? 'confirmed' : 'suspect', logTime: this.#ledger.now(), detail };
  }

  acceptClock(reason: string | undefined): Promise<ClockCorrection | null> {
    return this.#ledger.acceptClock(reason);
  }

  close(): Promise<void> {
    return this.#ledger.close();
  }
}

function nullWhenLocked(error: unknown): null {
  if (error instanceof StorageError && error.reason === 'locked') return null;
  throw error;
}

async function poolOf(ledger: Ledger, database: string, name: string): Promise<PoolId> {
  if (ledger.hasPool(name)) return name as PoolId;
  if (name !== defaultPoolName) throw unknownPool(name, ledger.poolNames);
  await ledger.addPool(name as PoolId);
  await ledger.adoptMethod();
  remark(`A new ledger in ${redacted(database)}: pool ${name}, days in ${ledger.settings.timeZone}.`);
  return name as PoolId;
}
