/**
 * The folder of the backups of a ledger. A backup is a folder in it, named by its id: its manifest, and the files that it added. It is
 * written beside as `ID.partial`, and has its name when it is whole and on the disk. A folder without a manifest is none: it keeps
 * files that later backups need.
 */
import { createReadStream, type Dirent } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { holdFolder } from '../engines/hold-folder.js';
import { Problem } from '../problems.js';
import { readIfThere, writeDurably } from '../runtime/durable-file.js';
import {
  type BackupFile,
  filesOf,
  isBackupId,
  type Manifest,
  manifestText,
  parseManifest,
  parseVerification,
  type Verification,
  verificationText,
} from './manifest.js';

const manifestName = 'manifest.json';
const verifiedName = 'verified.json';
const partialEnding = '.partial';

export interface Backup {
  readonly id: string;
  /** Null where it is damaged. */
  readonly manifest: Manifest | null;
  readonly verified: Verification | null;
}

export class BackupFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Newest first. */
  async list(): Promise<readonly Backup[]> {
    const backups: Backup[] = [];
    for (const { name } of await this.#folders()) {
      const text = isBackupId(name) ? await readIfThere(join(this.path, name, manifestName)) : null;
      if (text !== null) backups.push(await this.#backup(name, text));
    }
    return backups.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** The newest where none is named. Throws a `Problem` where there is none, or it is damaged. */
  async read(id?: string): Promise<Manifest> {
    const wanted = id ?? (await this.list())[0]?.id;
    if (wanted === undefined) throw new Problem('backup_unknown', `there is no backup in ${this.path}`);
    const text = isBackupId(wanted) ? await readIfThere(join(this.path, wanted, manifestName)) : null;
    if (text === null) throw new Problem('backup_unknown', `there is no backup ${wanted} in ${this.path}`);
    return parseManifest(text, wanted);
  }

  pathOf({ name }: BackupFile): string {
    return join(this.path, ...name.split('/'));
  }

  async readFile(file: BackupFile): Promise<Buffer> {
    return readFile(this.pathOf(file)).catch((error) => {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? damaged(file, 'is gone') : error;
    });
  }

  /** Whether it is there, as far as its size tells. */
  async has(file: BackupFile): Promise<boolean> {
    return (await stat(this.pathOf(file)).catch(() => null))?.size === file.bytes;
  }

  stream(file: BackupFile) {
    return createReadStream(this.pathOf(file));
  }

  async markVerified(verified: Verification): Promise<void> {
    await writeDurably(join(this.path, verified.id, verifiedName), verificationText(verified));
  }

  /** Runs a task that changes the folder, which one process does at a time; what was left by one that was killed goes first. */
  async exclusively<T>(task: () => Promise<T>): Promise<T> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    return holdFolder(this.path, async () => {
      for (const { name } of await this.#folders())
        if (name.endsWith(partialEnding)) await rm(join(this.path, name), { recursive: true, force: true });
      return task();
    });
  }

  /** Fills a folder, and makes it a backup with the manifest that comes of it. Where that fails nothing is left. */
  async add(id: string, fill: (folder: string) => Promise<Manifest>): Promise<Manifest> {
    const partial = join(this.path, id + partialEnding);
    try {
      await mkdir(partial, { mode: 0o700 });
      const manifest = await fill(partial);
      await writeDurably(join(partial, manifestName), manifestText(manifest));
      await rename(partial, join(this.path, id));
      await syncFolder(this.path);
      return manifest;
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      throw error;
    }
  }

  /** Removes backups, and the files that no other one needs. First the manifests: what is half removed is no backup. */
  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await unlink(join(this.path, id, manifestName));
      await syncFolder(join(this.path, id));
    }
    const left = await this.list();
    // What a manifest that cannot be read needs is not known.
    if (left.some(({ manifest }) => manifest === null)) return;
    const needed = new Set(left.flatMap(({ manifest }) => filesOf(manifest as Manifest).map(({ name }) => name)));
    const kept = new Set(left.map(({ id }) => id));
    for (const { name: id } of (await this.#folders()).filter(({ name }) => isBackupId(name))) {
      for (const name of await readdir(join(this.path, id))) {
        const isOwn = name === manifestName || name === verifiedName;
        if (isOwn ? !kept.has(id) : !needed.has(`${id}/${name}`)) await unlink(join(this.path, id, name));
      }
      if (!kept.has(id)) await rmdir(join(this.path, id)).catch(unlessFilled);
    }
  }

  async #backup(id: string, text: string): Promise<Backup> {
    const verified = parseVerification((await readIfThere(join(this.path, id, verifiedName))) ?? '', id);
    try {
      return { id, manifest: parseManifest(text, id), verified };
    } catch (error) {
      if (error instanceof Problem) return { id, manifest: null, verified: null };
      throw error;
    }
  }

  async #folders(): Promise<readonly Dirent[]> {
    try {
      return (await readdir(this.path, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

export const damaged = ({ name }: BackupFile, what: string): Problem =>
  new Problem('backup_damaged', `the file ${name} of the backup ${what}`);

function unlessFilled(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
