/** Files that `service enable` writes, and the record of them, by which `service uninstall` leaves the folders as they were before. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PartName, RenderedFile } from '../../service/plan.js';
import { failure, negativeResult } from '../exit.js';

/** What was asked for when it was enabled: asked for nothing else, the next `enable` does the same. */
export interface ServiceChoices {
  readonly parts: readonly PartName[];
  readonly socket: boolean;
  readonly runAs: string | null;
  /** As given with `--data` and `--config`. */
  readonly data: string | null;
  readonly config: string | null;
}

export interface ServiceRecord {
  readonly choices: ServiceChoices;
  /** SHA-256 of what was written, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Folders that were made, the outermost first. */
  readonly folders: readonly string[];
  /** Whether the account lingers since, and did not before. */
  readonly linger: boolean;
}

export const noRecord: ServiceRecord = {
  choices: { parts: [], socket: false, runAs: null, data: null, config: null },
  files: {},
  folders: [],
  linger: false,
};

export function readRecord(path: string): ServiceRecord | null {
  if (!existsSync(path)) return null;
  try {
    return { ...noRecord, ...(JSON.parse(readFileSync(path, 'utf8')) as Partial<ServiceRecord>) };
  } catch (error) {
    throw failure(`${path} cannot be read: ${(error as Error).message}. Remove it, and enable the service again.`);
  }
}

/** The record as it is after; which files are not as they were. A file of somebody else is left alone, and nothing is written then. */
export function writeFiles(
  files: readonly RenderedFile[],
  recordPath: string,
  before: ServiceRecord,
  more: Pick<ServiceRecord, 'choices' | 'linger'>,
  folderMode: number,
): { readonly record: ServiceRecord; readonly changed: readonly string[] } {
  const foreign = files.find(({ path }) => before.files[path] === undefined && isForeign(path));
  if (foreign !== undefined)
    throw negativeResult(`${foreign.path} is there, and this program did not write it: move it away first.`);
  const folders = [...before.folders];
  const changed: string[] = [];
  for (const { path, text, mode } of [...files]) {
    folders.push(...makeFolder(dirname(path), folderMode));
    if (textOf(path) === text) continue;
    replace(path, text, mode);
    changed.push(path);
  }
  folders.push(...makeFolder(dirname(recordPath), folderMode));
  const hashes = Object.fromEntries(files.map(({ path, text }) => [path, hashOf(text)]));
  const record = { ...more, files: { ...before.files, ...hashes }, folders: [...new Set(folders)] };
  saveRecord(recordPath, record);
  return { record, changed };
}

export function saveRecord(path: string, record: ServiceRecord): void {
  replace(path, `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

/** Those that were removed, and those that somebody has edited by hand since: they stay. */
export function removeFiles(
  recordPath: string,
  record: ServiceRecord,
  isEditable: (path: string) => boolean,
): { readonly removed: readonly string[]; readonly kept: readonly string[] } {
  const removed: string[] = [];
  const kept: string[] = [];
  for (const [path, hash] of Object.entries(record.files)) {
    const text = textOf(path);
    if (text === null) continue;
    if (isEditable(path) && hashOf(text) !== hash) {
      kept.push(path);
      continue;
    }
    rmSync(path);
    removed.push(path);
  }
  rmSync(recordPath, { force: true });
  for (const folder of [...record.folders].reverse()) removeEmpty(folder);
  return { removed, kept };
}

export const textOf = (path: string): string | null => (existsSync(path) ? readFileSync(path, 'utf8') : null);

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const isForeign = (path: string): boolean => {
  const text = textOf(path);
  return text !== null && !text.includes('`resource-share service enable');
};

/** Whole, or as it was before. */
function replace(path: string, text: string, mode: number): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode });
  chmodSync(temporary, mode);
  renameSync(temporary, path);
}

/** The folders that were not there, the outermost first. */
function makeFolder(folder: string, mode: number): string[] {
  const missing: string[] = [];
  for (let each = folder; !existsSync(each); each = dirname(each)) missing.unshift(each);
  for (const each of missing) {
    mkdirSync(each);
    // Whatever this process may be told about new files: the account of a system service has to get into its folders.
    chmodSync(each, mode);
  }
  return missing;
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody has put something into it, which stays.
  }
}
