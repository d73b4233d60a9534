/** Making, proving and restoring backups of a ledger in this process. */
import { join } from 'node:path';
import type { BackupFolder } from '../../src/backup/backup-folder.js';
import { type BackupRequest, createBackup, type MadeBackup } from '../../src/backup/create.js';
import { type Restored, type RestoreRequest, restoreBackup } from '../../src/backup/restore.js';
import { type VerifiedBackup, type VerifyRequest, verifyBackup } from '../../src/backup/verify.js';
import { openEngine } from '../../src/engines/open.js';
import { type Command, parseCommand } from '../../src/events/command.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { type Clock, systemClock } from '../../src/runtime/clock.js';
import { hours } from './fold.js';
import { type Scope, temporaryFolder } from './folder.js';
import { pool, type TestLedger } from './ledger.js';
import type { MixedHistory } from './mixed.js';

/** Places of a machine of its own, with nothing there. */
export function machineIn(folder: string): BackupRequest['machine'] {
  return { settings: null, prices: null, keys: join(folder, 'signing') };
}

export const openLedgerAt = async (database: string): Promise<Ledger> =>
  Ledger.open(await openEngine(database, 'writer'), { database, timeZone: 'UTC', unknownAgents: 'auto' });

export class Backups {
  readonly folder: string;
  readonly #scope: Scope;
  readonly #home: string;

  constructor(t: Scope) {
    this.#scope = t;
    this.#home = temporaryFolder(t);
    this.folder = join(this.#home, 'backups');
  }

  /** Of a ledger that others may have open. */
  async create(
    database: string,
    request: Partial<BackupRequest> = {},
    clock: Clock = systemClock,
  ): Promise<MadeBackup> {
    const engine = await openEngine(database, 'reader', { inline: true });
    const usual = { kind: 'log', compact: false, packing: 'segment', recipients: [] } as const;
    try {
      const machine = machineIn(this.#home);
      return await createBackup(engine, clock, { folder: this.folder, machine, ...usual, ...request });
    } finally {
      await engine.close();
    }
  }

  verify(request: Partial<VerifyRequest> = {}): Promise<VerifiedBackup> {
    const scratch = temporaryFolder(this.#scope);
    const usual = { identities: [], sample: false, scratch, open: openLedgerAt };
    return verifyBackup({ folder: this.folder, ...usual, ...request }, systemClock);
  }

  restore(database: string, request: Partial<RestoreRequest> = {}): Promise<Restored> {
    const machine = machineIn(this.#home);
    const usual = { identities: [], known: [], machine, withoutMachine: false, acceptClock: false, open: openLedgerAt };
    return restoreBackup({ folder: this.folder, database, ...usual, ...request });
  }
}

/** Has a ledger grow by made events of every kind, to so many at least. */
export async function growMixed({ ledger, clock }: TestLedger, history: MixedHistory, events: number): Promise<void> {
  while (ledger.state(pool).seq < events) {
    history.now = clock.now();
    const commands: Command[] = history
      .next(100)
      .map((made) => parseCommand(made, { actor: 'test', source: 'test/1' }));
    const outcomes = await ledger.submit(pool, { commands });
    history.answered(
      outcomes.map((one) => ({ status: one.status, id: 'receipt' in one ? one.receipt?.id : undefined }) as never),
    );
    clock.advance(hours(1));
  }
}

export const idsOf = async (folder: BackupFolder): Promise<string[]> => (await folder.list()).map(({ id }) => id);
