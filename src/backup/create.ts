/**
 * Making a backup: of the events since the last one (`log`), or of the database file as a whole (`snapshot`). It only reads the
 * ledger, so it works beside a daemon. Every manifest names all that it takes to restore it; full files of events are shared with
 * earlier backups, the last one of each pool is written again with what came since.
 */
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Engine, PoolRecord } from '../engines/engine.js';
import type { PoolHead } from '../engines/file-snapshots.js';
import { storedPages } from '../engines/stored-pages.js';
import type { StoredEvent } from '../events/envelope.js';
import { limits } from '../limits.js';
import { packageVersion } from '../package-root.js';
import { Problem } from '../problems.js';
import type { Clock } from '../runtime/clock.js';
import { readIfThere } from '../runtime/durable-file.js';
import { StorageError } from '../storage-error.js';
import { countText } from '../text/number.js';
import { checkpointIn, lastPath } from '../trust/key-folder.js';
import { BackupFolder } from './backup-folder.js';
import { BackupWriter } from './backup-writer.js';
import { type Cipher, cipherFor } from './cipher.js';
import { gatherMachine, type MachinePlaces, machineText } from './machine.js';
import {
  type BackupFile,
  type BackupKind,
  type EventsFile,
  eventsFilesOf,
  idAt,
  type Manifest,
  manifestFormat,
  type Packing,
} from './manifest.js';
import { bytesEnding, eventsEnding, packBytes, packEvents, packer, runsOf } from './packing.js';

export interface BackupRequest {
  readonly folder: string;
  readonly kind: BackupKind;
  /** Of a snapshot: without the free pages of the database. */
  readonly compact: boolean;
  readonly packing: Packing;
  readonly recipients: readonly string[];
  readonly machine: MachinePlaces;
}

export interface BackupProgress {
  readonly phase: string;
  readonly unit: 'events' | 'pages' | 'files';
  readonly done: number;
  readonly total: number;
}

export interface MadeBackup {
  readonly manifest: Manifest;
  /** What was written now, and what of it that is shared was there before. */
  readonly bytesAdded: number;
  /** What people should know. */
  readonly warnings: readonly string[];
}

/** Who follows the making of a backup, and may give it up. */
export interface BackupObserver {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
}

export async function createBackup(
  engine: Engine,
  clock: Clock,
  request: BackupRequest,
  observer: BackupObserver = {},
): Promise<MadeBackup> {
  const folder = new BackupFolder(request.folder);
  const cipher = await cipherFor(request.recipients);
  return folder.exclusively(() => new BackupRun(engine, clock, request, observer, folder, cipher).make());
}

class BackupRun {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #request: BackupRequest;
  readonly #observer: BackupObserver;
  readonly #folder: BackupFolder;
  readonly #cipher: Cipher;
  readonly #warnings: string[] = [];
  #id = '';

  constructor(
    engine: Engine,
    clock: Clock,
    request: BackupRequest,
    observer: BackupObserver,
    folder: BackupFolder,
    cipher: Cipher,
  ) {
    this.#engine = engine;
    this.#clock = clock;
    this.#request = request;
    this.#observer = observer;
    this.#folder = folder;
    this.#cipher = cipher;
  }

  async make(): Promise<MadeBackup> {
    const pools = await this.#engine.pools();
    const first = pools.find(({ head }) => head.seq > 0);
    const ledger = first === undefined ? null : await this.#engine.eventAt(first.pool, 1);
    if (ledger === null) throw new Problem('backup_refused', 'there is not one event in this ledger to back up');
    const before = (await this.#folder.list()).flatMap(({ manifest }) => manifest ?? []);
    const other = before.find((manifest) => manifest.ledger !== ledger.id);
    if (other !== undefined) {
      throw new Problem(
        'backup_refused',
        `${this.#folder.path} has backups of another ledger (${other.ledger}): give each ledger a folder of its own`,
      );
    }
    this.#id = this.#newId(before);
    let bytesAdded = 0;
    const manifest = await this.#folder.add(this.#id, async (partial) => {
      const into = new BackupWriter(partial, this.#id, this.#cipher);
      const isLog = this.#request.kind === 'log';
      const { heads, files } = isLog ? await this.#writeLog(into, pools, before) : await this.#writeSnapshot(into);
      const filled = await this.#manifest(into, ledger.id, heads, files);
      bytesAdded = into.bytes;
      return filled;
    });
    return { manifest, bytesAdded, warnings: this.#warnings };
  }

  /** After all that are there, also where the clock was set back. */
  #newId(before: readonly Manifest[]): string {
    const last = Math.max(...before.map(({ created_at: at }) => Date.parse(at)), 0);
    return idAt(Math.max(this.#clock.now(), last + 1));
  }

  async #manifest(
    into: BackupWriter,
    ledger: string,
    heads: readonly PoolHead[],
    files: Manifest['files'],
  ): Promise<Manifest> {
    const { kind, packing, recipients } = this.#request;
    const at = this.#id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/, '$1-$2-$3T$4:$5:$6.$7Z');
    const pools: Manifest['pools'] = [];
    for (const { pool, head } of heads)
      pools.push({ pool, seq: head.seq, head: head.hash, checkpoint: await this.#checkpointOf(pool, head.seq) });
    return {
      format: manifestFormat,
      id: this.#id,
      kind,
      ledger,
      version: packageVersion,
      created_at: at,
      packing,
      encrypted: recipients.length > 0,
      recipients: [...recipients],
      pools,
      files,
      machine: recipients.length > 0 ? await this.#writeMachine(into) : null,
    };
  }

  /** The last one that was signed, where it is of no more than is in the backup. */
  async #checkpointOf(pool: string, seq: number): Promise<string | null> {
    const note = await readIfThere(lastPath(this.#request.machine.keys, this.#engine.location, pool));
    const checkpoint = note === null ? null : checkpointIn(note);
    return checkpoint !== null && checkpoint.size <= seq ? note : null;
  }

  async #writeMachine(into: BackupWriter): Promise<BackupFile> {
    const { packing, machine } = this.#request;
    const bytes = Buffer.from(machineText(await gatherMachine(this.#engine.keys, machine)));
    return into.write(`machine.json${bytesEnding(packing)}`, await packBytes(bytes, packing));
  }

  async #writeLog(
    into: BackupWriter,
    pools: readonly PoolRecord[],
    before: readonly Manifest[],
  ): Promise<{ heads: readonly PoolHead[]; files: EventsFile[] }> {
    const base = await this.#baseAmong(before);
    const kept = new Map(pools.map((record) => [record.pool, base === null ? [] : fullFiles(base, record)]));
    const lastOf = (pool: PoolRecord['pool']) => kept.get(pool)?.at(-1)?.last ?? 0;
    const total = pools.reduce((sum, { pool, head }) => sum + head.seq - lastOf(pool), 0);
    let done = 0;
    let writing: Promise<unknown> = Promise.resolve();
    const files: EventsFile[] = [];
    for (const { pool, head } of pools) {
      files.push(...(kept.get(pool) ?? []));
      let last = { seq: lastOf(pool), hash: head.hash };
      for await (const events of runsOf(storedPages(this.#engine, pool, last.seq, head.seq, limits.scanRowsPage))) {
        this.#observer.signal?.throwIfAborted();
        last = requireGapless(last, events);
        // While one is compressed and written, the next is read.
        await writing;
        writing = this.#writeEvents(into, events).then((file) => files.push(file));
        writing.catch(() => undefined);
        done += events.length;
        this.#observer.onProgress?.({ phase: 'backing up', unit: 'events', done, total });
      }
      await writing;
      if (last.seq !== head.seq || last.hash !== head.hash) throw notWhole(pool, head.seq);
    }
    return { heads: pools, files };
  }

  async #writeEvents(into: BackupWriter, events: readonly StoredEvent[]): Promise<EventsFile> {
    const { packing } = this.#request;
    const [first, last] = [events[0] as StoredEvent, events.at(-1) as StoredEvent];
    const name = `${first.pool}-${first.seq}-${last.seq}${eventsEnding[packing]}`;
    const file = await into.write(name, await packEvents(events, packing));
    return { pool: first.pool, first: first.seq, last: last.seq, ...file };
  }

  /** The newest backup whose files can be shared: written in the same way, for the same keys, and continued by this log. */
  async #baseAmong(before: readonly Manifest[]): Promise<Manifest | null> {
    const { packing, recipients } = this.#request;
    const isAlike = (manifest: Manifest) =>
      manifest.kind === 'log' &&
      manifest.packing === packing &&
      [...manifest.recipients].sort().join() === [...recipients].sort().join();
    const base = before.find(isAlike);
    if (base === undefined) return null;
    for (const { pool, seq, head } of base.pools) {
      if (seq === 0 || (await this.#engine.eventAt(pool, seq))?.hash === head) continue;
      this.#warnings.push(
        `the log of ${pool} does not continue the backup ${base.id}, which reached event ${countText(seq)}: events were lost, or the log was replaced. Everything is written again; that backup stays`,
      );
      return null;
    }
    for (const file of base.files) {
      if (await this.#folder.has(file)) continue;
      this.#warnings.push(
        `${file.name}, which this backup was to share, is gone or cut off: everything is written again`,
      );
      return null;
    }
    return base;
  }

  async #writeSnapshot(into: BackupWriter): Promise<{ heads: readonly PoolHead[]; files: BackupFile[] }> {
    const { fileSnapshots, location } = this.#engine;
    if (fileSnapshots === null) {
      throw new Problem(
        'backup_refused',
        'a snapshot is of a data directory: take that of a server with its own tools (pg_dump), or a backup of the log, without --snapshot',
      );
    }
    const { packing, compact } = this.#request;
    const { signal, onProgress } = this.#observer;
    const name = basename(location);
    const raw = join(into.folder, name);
    const heads = await fileSnapshots.write(raw, {
      compact,
      signal,
      onProgress: (done, total) => onProgress?.({ phase: 'copying', unit: 'pages', done, total }),
    });
    onProgress?.({ phase: 'compressing', unit: 'files', done: 0, total: 1 });
    const compressed = createReadStream(raw).pipe(packer(packing));
    const file = await into.writeStream(`${name}${bytesEnding(packing)}`, compressed);
    await rm(raw);
    return { heads, files: [file] };
  }
}

/** Files of a pool that stay as they are: all where nothing came since, otherwise without one that still has room. */
function fullFiles(base: Manifest, { pool, head }: PoolRecord): EventsFile[] {
  const files = eventsFilesOf(base, pool);
  const last = files.at(-1);
  const isFull = last === undefined || last.last === head.seq || last.last - last.first + 1 >= limits.segmentEventsMax;
  return isFull ? files : files.slice(0, -1);
}

/** The last one. */
function requireGapless(last: { readonly seq: number }, events: readonly StoredEvent[]): StoredEvent {
  const end = events.at(-1) as StoredEvent;
  if (events[0]?.seq !== last.seq + 1 || end.seq !== last.seq + events.length) throw notWhole(end.pool, end.seq);
  return end;
}

const notWhole = (pool: string, seq: number): StorageError =>
  new StorageError(
    'corrupt',
    `the log of ${pool} up to event ${seq} is not whole, and is not backed up: \`resource-share verify\` says where; earlier backups stay`,
  );
