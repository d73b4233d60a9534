/** Reading a backup: its files checked against the manifest, decrypted and decompressed. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sha256 } from '../events/chain.js';
import { Problem } from '../problems.js';
import { type BackupFolder, damaged } from './backup-folder.js';
import { type Decipher, decipherFrom, noCipher } from './cipher.js';
import { type Machine, parseMachine } from './machine.js';
import { type BackupFile, type EventsFile, eventsFilesOf, type Manifest } from './manifest.js';
import { unpackBytes, unpackEvents, unpacker } from './packing.js';

export class OpenedBackup {
  readonly manifest: Manifest;
  readonly #folder: BackupFolder;
  readonly #decipher: Decipher;

  private constructor(folder: BackupFolder, manifest: Manifest, decipher: Decipher) {
    this.#folder = folder;
    this.manifest = manifest;
    this.#decipher = decipher;
  }

  /** Throws a `Problem` where it is encrypted, and there is no identity. */
  static async open(folder: BackupFolder, manifest: Manifest, identities: readonly string[]): Promise<OpenedBackup> {
    if (!manifest.encrypted) return new OpenedBackup(folder, manifest, noCipher);
    if (identities.length === 0)
      throw new Problem('backup_refused', `the backup ${manifest.id} is encrypted: name the key with --identity FILE`);
    return new OpenedBackup(folder, manifest, await decipherFrom(identities));
  }

  /** Events of a pool after a seq, as lines of an export, file by file. Throws a `Problem` at the first file that is damaged. */
  async *lines(pool: string, after: number): AsyncGenerator<readonly string[]> {
    for (const file of eventsFilesOf(this.manifest, pool)) {
      if (file.last <= after) continue;
      const lines = await this.linesOf(file);
      yield after >= file.first ? lines.slice(after + 1 - file.first) : lines;
    }
  }

  /** Of an event; null where it is not in it. */
  async hashAt(pool: string, seq: number): Promise<string | null> {
    const file = eventsFilesOf(this.manifest, pool).find(({ first, last }) => first <= seq && seq <= last);
    const line = file === undefined ? undefined : (await this.linesOf(file))[seq - file.first];
    return line === undefined ? null : (JSON.parse(line) as { hash: string }).hash;
  }

  async linesOf(file: EventsFile): Promise<readonly string[]> {
    const bytes = await this.#bytesOf(file);
    const lines = await unpackEvents(bytes, this.manifest.packing).catch((error: Error) => {
      throw damaged(file, `cannot be unpacked: ${error.message}`);
    });
    if (lines.length !== file.last - file.first + 1) throw damaged(file, 'holds another number of events');
    return lines;
  }

  async machine(): Promise<Machine | null> {
    const { machine, packing } = this.manifest;
    if (machine === null) return null;
    return parseMachine((await unpackBytes(await this.#bytesOf(machine), packing)).toString());
  }

  /** Writes the database of a snapshot into a data directory. */
  async writeDatabase(folder: string): Promise<void> {
    const [file] = this.manifest.files as readonly BackupFile[];
    if (file === undefined) throw new Problem('backup_damaged', `the backup ${this.manifest.id} has no database`);
    await this.check(file);
    const stream = await this.#decipher.decryptStream(this.#folder.stream(file));
    await pipeline(
      stream,
      unpacker(this.manifest.packing),
      createWriteStream(join(folder, basename(file.name).replace(/\.(br|gz)(\.age)?$/, '')), {
        flags: 'wx',
        mode: 0o600,
        flush: true,
      }),
    ).catch((error: NodeJS.ErrnoException) => {
      if (error.syscall !== undefined) throw error;
      throw damaged(file, `cannot be unpacked: ${error.message}`);
    });
  }

  /** Compares a file with what the manifest says of it. */
  async check(file: BackupFile): Promise<void> {
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of this.#folder.stream(file)) {
        hash.update(chunk);
        bytes += chunk.length;
      }
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? damaged(file, 'is gone') : error;
    }
    refuseOther(file, bytes, hash.digest('hex'));
  }

  async #bytesOf(file: BackupFile): Promise<Uint8Array> {
    const bytes = await this.#folder.readFile(file);
    refuseOther(file, bytes.length, sha256(bytes));
    return this.#decipher.decrypt(bytes);
  }
}

function refuseOther(file: BackupFile, bytes: number, hash: string): void {
  if (bytes !== file.bytes) throw damaged(file, `has ${bytes} bytes, and was written with ${file.bytes}`);
  if (hash !== file.sha256) throw damaged(file, 'is not as it was written');
}
