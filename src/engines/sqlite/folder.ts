/**
 * The folder of a ledger and the files in it: whose they are, and that they are what was opened. On a machine of many accounts a
 * folder that others can write to is none to trust, and one that they can read shows them the ledger.
 */
import { chmodSync, lstatSync, readFileSync, type Stats, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { StorageError } from '../../storage-error.js';
import { databaseName, headFileName, keysName, outboxName } from './files.js';

const ownFiles = [
  databaseName,
  `${databaseName}-wal`,
  `${databaseName}-shm`,
  headFileName,
  keysName,
  `${keysName}-wal`,
  `${keysName}-shm`,
  outboxName,
  `${outboxName}-wal`,
  `${outboxName}-shm`,
  'writer.lock',
  'writer.json',
  'writer.json.partial',
  'scratch',
];

/**
 * Looks at the folder before anything is written to it. Throws a `StorageError` where it is another account's, others can write to
 * it, or one of its files is a link. Closes to others what they could read, and says so.
 */
export function guardFolder(folder: string): void {
  const fault = folderFault(folder);
  if (fault !== null) throw unsafe(fault);
  const loose = looseFiles(folder);
  for (const path of loose) chmodSync(path, statSync(path).mode & 0o700);
  if (loose.includes(folder))
    process.emitWarning(`other accounts could read ${folder}, and no longer can`, 'ResourceShareWarning');
}

/** Why a folder is none for this account, or the one of that number, to keep a ledger in, as a clause; null where it is. */
export function folderFault(folder: string, own: number | undefined = process.getuid?.()): string | null {
  const found = statSync(folder);
  if (own === undefined) return null;
  if (found.uid !== own) return `${folder} belongs to another account (uid ${found.uid})`;
  if ((found.mode & 0o022) !== 0) {
    return `other accounts can write to ${folder} (mode ${modeText(found)}); close it with \`chmod 700 ${folder}\``;
  }
  for (const { path, file } of filesIn(folder)) {
    if (file.isSymbolicLink()) return `${path} is a link; a ledger's files have to be in its folder`;
    if (file.isFile() && file.nlink > 1) {
      return `${path} has ${file.nlink} names (hard links), by which other programs could change it; it has to have one`;
    }
  }
  return mountFault(join(folder, databaseName));
}

/** The folder and those of its files that other accounts can read. */
export function looseFiles(folder: string): readonly string[] {
  if (process.getuid === undefined) return [];
  const all = [...filesIn(folder), { path: folder, file: statSync(folder) }];
  return all.filter(({ file }) => (file.mode & 0o077) !== 0).map(({ path }) => path);
}

const filesIn = (folder: string) =>
  ownFiles.flatMap((name) => {
    const path = join(folder, name);
    const file = lstatSync(path, { throwIfNoEntry: false });
    return file === undefined ? [] : [{ path, file }];
  });

/**
 * A mount of the file alone, here or elsewhere, is a second name of it, whose write-ahead log and locks are in another folder: two
 * programs would write past each other. Only Linux says what is mounted, and of this machine's mounts those that this process sees.
 */
function mountFault(path: string): string | null {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined) return null;
  for (const point of mountsOf(databaseName)) {
    const mounted = statSync(point, { throwIfNoEntry: false });
    if (mounted?.ino !== file.ino || mounted.dev !== file.dev) continue;
    return `${path} is mounted by itself at ${point}, so that it has two names in two folders; mount the folder as a whole instead`;
  }
  return null;
}

/** Where files of this name are mounted, or mounted at. Others are not looked at: a mount may be of a server that is away. */
function mountsOf(name: string): string[] {
  let mounts: string;
  try {
    mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return [];
  }
  // Number, parent, device, root of the mount within its file system, mount point.
  return mounts
    .split('\n')
    .map((line) => line.split(' ').slice(3, 5).map(unescaped))
    .filter((paths) => paths.some((path) => basename(path) === name))
    .map(([, point = '']) => point);
}

const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

const modeText = ({ mode }: Stats): string => (mode & 0o777).toString(8).padStart(4, '0');

const unsafe = (message: string): StorageError => new StorageError('unsafe', message);

/** Files that were opened, to be compared with what their names lead to later. */
export class OpenedFiles {
  readonly #opened: ReadonlyMap<string, Stats>;
  #gone: StorageError | null = null;

  constructor(paths: readonly string[]) {
    this.#opened = new Map(paths.map((path) => [path, statSync(path)]));
  }

  /** Throws a `StorageError`, from the first time on, where one was removed or another one took its place. */
  check(): void {
    if (this.#gone !== null) throw this.#gone;
    for (const [path, opened] of this.#opened) {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found?.ino === opened.ino && found.dev === opened.dev) continue;
      const what = found === undefined ? 'was removed' : 'was replaced by another file';
      this.#gone = new StorageError(
        'gone',
        `${path} ${what} while this process had it open: nothing is recorded any more. Put the file back where it was, or restore a backup, and start again`,
      );
      throw this.#gone;
    }
  }
}
