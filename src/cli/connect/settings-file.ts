/** The settings file of a client: read as it is, and replaced as a whole, so that nobody ever reads half of it. */

import { randomUUID } from 'node:crypto';
import {
  accessSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { limits } from '../../limits.js';
import { isAlive } from '../../runtime/is-alive.js';
import { SettingsFault } from './editor.js';

export interface SettingsFile {
  /** As people name it. */
  readonly path: string;
  /** Where it is, links followed. */
  readonly real: string;
  /** Null where there is none. */
  readonly text: string | null;
}

/** Throws a `SettingsFault` where it is no file that could be edited. */
export function readSettingsFile(path: string): SettingsFile {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined)
    return { path, real: placeOf(resolve(path)), text: null };
  if (statSync(path, { throwIfNoEntry: false }) === undefined)
    throw new SettingsFault('is a link to a file that is not there');
  const real = realpathSync(path);
  const { size } = requireFile(real);
  if (size > limits.settingsBytesMax) throw new SettingsFault('is larger than settings are');
  const bytes = readFileSync(real);
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) throw new SettingsFault('is no text in UTF-8');
  return { path, real, text };
}

/** Where a file would be, links followed as far as there is something. */
function placeOf(path: string): string {
  const folder = dirname(path);
  return join(existsSync(folder) || folder === path ? realpathSync(folder) : placeOf(folder), basename(path));
}

function requireFile(real: string) {
  const stats = statSync(real);
  if (!stats.isFile()) throw new SettingsFault('is no file');
  return stats;
}

/** Throws where this account may not change it: the mode counts for root, too. */
export function requireWritable({ real, text }: SettingsFile): void {
  if (text === null) return;
  if ((statSync(real).mode & 0o222) === 0) throw new SettingsFault('is read-only');
  try {
    accessSync(real, constants.W_OK);
  } catch {
    throw new SettingsFault('cannot be written by this account');
  }
}

/** Null removes it. Throws where it is not as it was read. */
export function replaceSettingsFile(file: SettingsFile, text: string | null): void {
  requireWritable(file);
  if (text === null) {
    requireUnchanged(file);
    rmSync(file.real, { force: true });
    return;
  }
  mkdirSync(dirname(file.real), { recursive: true });
  removeLeftover(file);
  const temporary = temporaryOf(file);
  try {
    writeLike(file, temporary, text);
    requireUnchanged(file);
    renameSync(temporary, file.real);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(file.real));
}

const temporaryStart = ({ real }: SettingsFile): string => `.${basename(real)}.resource-share.`;

/** Of this run alone. */
const temporaryOf = (file: SettingsFile): string =>
  join(dirname(file.real), `${temporaryStart(file)}${process.pid}.${randomUUID().slice(0, 8)}.tmp`);

/** Of runs that were killed. */
export function removeLeftover(file: SettingsFile): void {
  const folder = dirname(file.real);
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (!name.startsWith(temporaryStart(file))) continue;
    const pid = /^(\d+)\.[0-9a-f]{8}\.tmp$/.exec(name.slice(temporaryStart(file).length))?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

function writeLike({ real, text }: SettingsFile, temporary: string, after: string): void {
  const like = text === null ? null : statSync(real);
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(descriptor, after);
    if (like !== null) {
      if (process.getuid?.() === 0) chownSync(temporary, like.uid, like.gid);
      fchmodSync(descriptor, like.mode & 0o7777);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function requireUnchanged({ path, real, text }: SettingsFile): void {
  const { text: there, real: realThere } = readSettingsFile(path);
  if (there !== text || realThere !== real)
    throw new SettingsFault('was changed by somebody else meanwhile; run this again');
}

/** So that a renamed file is there after a crash of the machine. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
