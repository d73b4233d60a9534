/**
 * Proving a backup: it is unpacked into a ledger of its own, all of whose tables are then built again from its log and compared. What
 * can be restored is known only then.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { genesis, type Link, linkFault } from '../events/chain.js';
import { parseEventLine } from '../ledger/event-line.js';
import type { Ledger } from '../ledger/ledger.js';
import { packageVersion } from '../package-root.js';
import { Problem } from '../problems.js';
import { runReplay } from '../replay/replay-thread.js';
import type { Clock } from '../runtime/clock.js';
import { faultText } from '../verify/walk-ranges.js';
import { BackupFolder } from './backup-folder.js';
import type { BackupObserver } from './create.js';
import { type EventsFile, eventsIn, filesOf, type Manifest } from './manifest.js';
import { requireHeads, takeIn } from './take-in.js';
import { OpenedBackup } from './unpack.js';

export interface VerifyRequest {
  readonly folder: string;
  /** The newest one where it is left out. */
  readonly id?: string | undefined;
  readonly identities: readonly string[];
  /** Only the newest file of events of each pool. */
  readonly sample: boolean;
  /** Folder in which it is unpacked; what is there of it is gone at the end. */
  readonly scratch: string;
  /** Opens a data directory, which may be new, for writing. */
  readonly open: (database: string) => Promise<Ledger>;
}

export interface VerifiedBackup {
  readonly id: string;
  readonly kind: Manifest['kind'];
  readonly ok: boolean;
  readonly sample: boolean;
  readonly events: number;
  readonly files: number;
  /** The first thing that is wrong; null where nothing is. */
  readonly fault: string | null;
}

/** Throws where it could not be looked at; what is wrong with it is part of the answer. */
export async function verifyBackup(
  request: VerifyRequest,
  clock: Clock,
  observer: BackupObserver = {},
): Promise<VerifiedBackup> {
  const folder = new BackupFolder(request.folder);
  const manifest = await folder.read(request.id);
  const backup = await OpenedBackup.open(folder, manifest, request.identities);
  const { id, kind } = manifest;
  const said = { id, kind, sample: request.sample, events: eventsIn(manifest), files: filesOf(manifest).length };
  try {
    if (request.sample) await verifySample(backup);
    else await verifyWhole(backup, request, clock, observer);
  } catch (error) {
    if (!isFault(error)) throw error;
    return { ...said, ok: false, fault: error.message };
  }
  if (!request.sample) {
    const verified_at = new Date(clock.now()).toISOString();
    await folder.markVerified({ id, verified_at, version: packageVersion, events: said.events });
  }
  return { ...said, ok: true, fault: null };
}

/** What is wrong with the backup, unlike with this machine. */
const isFault = (error: unknown): error is Problem =>
  error instanceof Problem && (error.code === 'backup_damaged' || error.code === 'import_refused');

async function verifyWhole(
  backup: OpenedBackup,
  { scratch, open }: VerifyRequest,
  clock: Clock,
  observer: BackupObserver,
): Promise<void> {
  const files = filesOf(backup.manifest);
  for (const [done, file] of files.entries()) {
    observer.onProgress?.({ phase: 'reading', unit: 'files', done, total: files.length });
    await backup.check(file);
  }
  await backup.machine();
  const data = await mkdtemp(join(scratch, 'resource-share-backup-'));
  try {
    if (backup.manifest.kind === 'snapshot') await backup.writeDatabase(data);
    const ledger = await open(data);
    try {
      await takeIn(ledger, backup, observer);
      await requireHeads(ledger, backup.manifest);
    } finally {
      await ledger.close();
    }
    await compareTables(data, clock, observer);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

async function compareTables(data: string, clock: Clock, { signal, onProgress }: BackupObserver): Promise<void> {
  const steps = runReplay({ kind: 'replay', database: data, options: { check: true } }, clock, signal);
  for (;;) {
    const step = await steps.next();
    if (step.done !== true) {
      const { events: done, total } = step.value;
      onProgress?.({ phase: 'replaying', unit: 'events', done, total });
      continue;
    }
    const wrong = step.value?.tables.filter(({ differing }) => differing > 0).map(({ table }) => table) ?? [];
    if (wrong.length === 0) return;
    throw new Problem('backup_damaged', `these tables are not what the log gives: ${wrong.join(', ')}`);
  }
}

/** Whether the newest events can be read, and lead to the head. */
async function verifySample(backup: OpenedBackup): Promise<void> {
  const { manifest } = backup;
  if (manifest.kind === 'snapshot') return backup.check(manifest.files[0] as EventsFile);
  for (const { pool, seq, head } of manifest.pools) {
    const file = manifest.files.findLast((each): each is EventsFile => 'pool' in each && each.pool === pool);
    if (file === undefined) continue;
    const last = chainOf(await backup.linesOf(file));
    if (last.seq !== seq || last.hash !== head)
      throw new Problem('backup_damaged', `the last event of ${pool} is not the one that the manifest names`);
  }
}

/** The last event of lines that follow each other. What is before the first one is not looked at, unless nothing is. */
function chainOf(lines: readonly string[]): Link {
  let last: Link | null = null;
  for (const line of lines) {
    const { stored } = parsed(line);
    const previous: Link | null = last ?? (stored.seq === 1 ? genesis : null);
    const fault = previous === null ? null : linkFault(previous, stored);
    if (fault !== null)
      throw new Problem(
        'backup_damaged',
        `event ${stored.seq} of ${stored.pool} is broken: ${faultText(fault, stored)}`,
      );
    last = stored;
  }
  return last ?? genesis;
}

function parsed(line: string) {
  try {
    return parseEventLine(line);
  } catch (error) {
    throw new Problem('backup_damaged', `an event cannot be read: ${(error as Error).message}`);
  }
}
