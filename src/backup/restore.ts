/**
 * Putting a backup back: into a data directory that is empty, or a database without a ledger. A data directory is filled beside, and
 * has its files when they are whole. What the ledger is known to have held beyond the backup, its log then says.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Loss, lossText, type SavedHead } from '../engines/engine.js';
import { holdFolder } from '../engines/hold-folder.js';
import { poolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { lossAlert } from '../ledger/own-commands.js';
import { Problem } from '../problems.js';
import { writeDurably } from '../runtime/durable-file.js';
import { isServer, redacted } from '../settings/database.js';
import { countText } from '../text/number.js';
import { originOf } from '../trust/checkpoint.js';
import { keptCheckpoints, lastPath } from '../trust/key-folder.js';
import { BackupFolder, syncFolder } from './backup-folder.js';
import type { BackupObserver } from './create.js';
import { type Machine, type MachinePlaces, putBackMachine, refuseOtherKey } from './machine.js';
import type { Manifest } from './manifest.js';
import { requireHeads, takeIn } from './take-in.js';
import { OpenedBackup } from './unpack.js';

export interface RestoreRequest {
  readonly folder: string;
  /** The newest one where it is left out. */
  readonly id?: string | undefined;
  readonly identities: readonly string[];
  /** A data directory, or the URL of a server. */
  readonly database: string;
  /** Heads that the logs are known to have had. */
  readonly known: readonly SavedHead[];
  readonly machine: MachinePlaces;
  /** The ledger alone. */
  readonly withoutMachine: boolean;
  /** Somebody says that the clock is right, wherever the log ends: what was lost is recorded by it. */
  readonly acceptClock: boolean;
  readonly open: (database: string) => Promise<Ledger>;
}

export interface Restored {
  readonly id: string;
  /** The snapshot that it began with; null where every event was taken in. */
  readonly snapshot: string | null;
  readonly pools: readonly { readonly pool: string; readonly seq: number; readonly head: string }[];
  /** What the logs had held beyond it, for people. */
  readonly lost: readonly string[];
  /** What of the machine was put back, and where. */
  readonly machine: readonly string[];
}

const stageName = '.restoring';

export async function restoreBackup(request: RestoreRequest, observer: BackupObserver = {}): Promise<Restored> {
  const folder = new BackupFolder(request.folder);
  const manifest = await folder.read(request.id);
  const backup = await OpenedBackup.open(folder, manifest, request.identities);
  const machine = request.withoutMachine ? null : await backup.machine();
  if (machine !== null) await refuseOtherKey(machine, request.machine.keys);
  if (isServer(request.database)) return intoServer(request, backup, machine, observer);
  await mkdir(request.database, { recursive: true, mode: 0o700 });
  // A daemon does not begin another ledger there meanwhile.
  return holdFolder(request.database, () => intoDirectory(request, folder, backup, machine, observer));
}

async function intoDirectory(
  request: RestoreRequest,
  folder: BackupFolder,
  backup: OpenedBackup,
  machine: Machine | null,
  observer: BackupObserver,
): Promise<Restored> {
  const stage = await emptyStage(request.database);
  try {
    const snapshot = await snapshotFor(folder, backup.manifest);
    if (snapshot !== null) {
      observer.onProgress?.({ phase: 'unpacking', unit: 'files', done: 0, total: 1 });
      await (await OpenedBackup.open(folder, snapshot, request.identities)).writeDatabase(stage);
    }
    const ledger = await request.open(stage);
    const restored = await fill(ledger, request, backup, machine, observer).finally(() => ledger.close());
    await moveIn(stage, request.database, basename(ledger.treeStore.location));
    return { ...restored, snapshot: snapshot?.id ?? null };
  } catch (error) {
    await rm(stage, { recursive: true, force: true });
    throw error;
  }
}

/** Events go straight in; a restore that was cut off is gone on with, as what is there has to be the beginning of the backup. */
async function intoServer(
  request: RestoreRequest,
  backup: OpenedBackup,
  machine: Machine | null,
  observer: BackupObserver,
): Promise<Restored> {
  if (backup.manifest.kind === 'snapshot')
    throw new Problem(
      'backup_refused',
      'a snapshot is put back into a data directory: name a backup of the log for a server',
    );
  const ledger = await request.open(request.database);
  try {
    for (const pool of ledger.poolNames) {
      const { seq, hash } = await ledger.head(pool);
      if (seq > 0 && (await backup.hashAt(pool, seq)) !== hash)
        throw notEmpty(
          redacted(request.database),
          `it has ${countText(seq)} events of ${pool}, which are not of this backup`,
        );
    }
    return { ...(await fill(ledger, request, backup, machine, observer)), snapshot: null };
  } finally {
    await ledger.close();
  }
}

async function fill(
  ledger: Ledger,
  request: RestoreRequest,
  backup: OpenedBackup,
  machine: Machine | null,
  observer: BackupObserver,
): Promise<Omit<Restored, 'snapshot'>> {
  const { manifest } = backup;
  await takeIn(ledger, backup, observer);
  await requireHeads(ledger, manifest);
  const lost = await tellLost(ledger, request, manifest);
  const done = machine === null ? [] : await putBackMachine(machine, ledger.keyStore, request.machine);
  if (machine?.signing.key != null) await putBackCheckpoints(ledger, request, manifest);
  const pools = manifest.pools.map(({ pool, seq, head }) => ({ pool, seq, head }));
  return { id: manifest.id, pools, lost, machine: done };
}

/** Whoever holds one of these is shown it at once, and then those that continue it. */
async function putBackCheckpoints(ledger: Ledger, request: RestoreRequest, { pools }: Manifest): Promise<void> {
  for (const { pool, checkpoint } of pools) {
    const path = lastPath(request.machine.keys, locationAfter(ledger, request), pool);
    if (checkpoint !== null && !existsSync(path)) await writeDurably(path, checkpoint);
  }
}

/** Where the ledger is when it is whole: a data directory is filled beside it. */
const locationAfter = ({ treeStore: { location } }: Ledger, { database }: RestoreRequest): string =>
  isServer(database) ? location : join(database, basename(location));

/** The newest snapshot that the backup continues: with the heads that it holds the rest is taken in. */
async function snapshotFor(folder: BackupFolder, manifest: Manifest): Promise<Manifest | null> {
  if (manifest.kind === 'snapshot') return manifest;
  const backups = await folder.list();
  const isBefore = (snapshot: Manifest) =>
    snapshot.kind === 'snapshot' &&
    snapshot.encrypted === manifest.encrypted &&
    snapshot.id < manifest.id &&
    snapshot.pools.every(({ pool, seq }) => (manifest.pools.find((each) => each.pool === pool)?.seq ?? -1) >= seq);
  return backups.find((backup) => backup.manifest !== null && isBefore(backup.manifest))?.manifest ?? null;
}

/** Has the log say what it was known to hold and does not, by an alert, as after a fail-over. */
async function tellLost(ledger: Ledger, request: RestoreRequest, manifest: Manifest): Promise<readonly string[]> {
  const { keys } = request.machine;
  const losses: Loss[] = [];
  for (const known of [...request.known, ...(await signedHeads(ledger, keys, manifest))]) {
    const what = await lossOf(ledger, known);
    if (what !== null && !losses.some(({ expected }) => expected?.pool === known.pool && expected.seq >= known.seq))
      losses.push({ expected: known, text: `${what}, but its log had reached event ${known.seq}` });
  }
  if (losses.length === 0) return [];
  const teller = ledger.poolNames.find((pool) => losses.some(({ expected }) => expected?.pool === pool));
  const first = teller ?? ledger.poolNames[0];
  if (request.acceptClock) await ledger.acceptClock('said at the restore of a backup');
  if (first !== undefined)
    await ledger.submitOne(first, lossAlert(`${lossText(losses)}: restored from a backup without what is lost`));
  // What is signed from now on begins where the log is.
  const where = locationAfter(ledger, request);
  for (const { expected } of losses) {
    const path = expected === null ? '' : lastPath(keys, where, expected.pool);
    if (existsSync(path)) await rename(path, `${path}.lost`);
  }
  return losses.map(({ text }) => text);
}

/** What this machine has signed of these logs, wherever the ledger was then; the longest of each first. */
async function signedHeads(ledger: Ledger, keys: string, { pools }: Manifest): Promise<readonly SavedHead[]> {
  const heads: SavedHead[] = [];
  const kept = await keptCheckpoints(keys);
  for (const { pool } of pools) {
    const first = await ledger.eventAt(pool, 1);
    if (first === null) continue;
    for (const { checkpoint } of kept)
      if (checkpoint.origin === originOf(first.id, pool) && checkpoint.head !== null)
        heads.push({ pool, seq: checkpoint.size, id: null, hash: checkpoint.head });
  }
  return heads.sort((a, b) => b.seq - a.seq);
}

async function lossOf(ledger: Ledger, { pool, seq, hash }: SavedHead): Promise<string | null> {
  const known = poolId.safeParse(pool);
  if (!known.success || !ledger.hasPool(pool)) return `${pool} is gone`;
  const head = await ledger.head(known.data);
  if (head.seq < seq) return `${pool} ends at event ${head.seq}`;
  return (await ledger.eventAt(known.data, seq))?.hash === hash ? null : `${pool} holds another event ${seq}`;
}

/** A folder in the data directory, on the same file system. Throws a `Problem` where anything else is there. */
async function emptyStage(data: string): Promise<string> {
  const stage = join(data, stageName);
  const there = (await readdir(data)).filter((name) => name !== stageName && !isOfProcess(name));
  // A restore that was killed while it moved the files in has left some of them: the database is the last one.
  const isLeft = existsSync(stage) && there.every((name) => movedFirst.includes(name));
  if (there.length > 0 && !isLeft) throw notEmpty(data, `there is ${there.slice(0, 3).join(', ')}`);
  for (const name of there) await rm(join(data, name));
  await rm(stage, { recursive: true, force: true });
  await mkdir(stage, { mode: 0o700 });
  return stage;
}

/** Files of a ledger that say nothing of it without its database. */
const movedFirst: readonly string[] = ['resource_tracking.head.json', 'keys.db'];
/** What a process makes while it has a data directory. */
const isOfProcess = (name: string): boolean => /^(writer\.(lock|json)|scratch)(-journal)?$/.test(name);

/** The database last: without it a daemon finds a ledger that is gone, and does not begin another one. */
async function moveIn(stage: string, data: string, databaseName: string): Promise<void> {
  const names = (await readdir(stage)).filter((name) => name !== databaseName && !isOfProcess(name));
  for (const name of [...names, databaseName]) await rename(join(stage, name), join(data, name));
  await syncFolder(data);
  await rm(stage, { recursive: true, force: true });
}

const notEmpty = (place: string, what: string): Problem =>
  new Problem('backup_refused', `${place} is not empty (${what}): a backup is put back into a new place`);
