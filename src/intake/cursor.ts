/**
 * Where files were read to, and what was found in them: so that a later run says only what is new. It is kept in one file, which is
 * replaced as a whole; a sum over it shows where it was damaged.
 */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Links, Observation, Source } from '../sources/source.js';
import type { FileMark } from './file-mark.js';
import type { Report } from './report.js';

export interface Cursor {
  /** By absolute path. */
  readonly files: Readonly<Record<string, FileMark>>;
  readonly known: readonly Observation[];
  /** Of what was read, where that is combined with what is read later. */
  readonly links?: Links | undefined;
  /** What was dated too far ahead to be taken: it is sent when its time has come. */
  readonly early?: readonly Report[] | undefined;
  /** What was read while the ledger was away. */
  readonly held?: readonly Report[] | undefined;
  /** Of what was sent to a ledger: an event of it that came of that. A ledger without it does not have what was read. */
  readonly recorded?: LogPlace | undefined;
}

export interface LogPlace {
  readonly seq: number;
  readonly hash: string;
}

export const emptyCursor: Cursor = { files: {}, known: [] };

/** A cursor file that cannot be used. Its message is for people. */
export class UnusableCursor extends Error {}

const layout = 1;

/** Begins at the beginning where there is none yet, or the reader has changed since. */
export function loadCursor(file: string, { format, version }: Source): Cursor {
  const text = textOf(file);
  if (text === null) return emptyCursor;
  const end = text.indexOf('\n');
  const head = parsed(text.slice(0, Math.max(0, end))) as Partial<Head> | null;
  const body = text.slice(end + 1);
  if (head === null || head.cursor !== layout || head.sha256 !== sumOf(body)) {
    throw new UnusableCursor(
      `${file} is no cursor, or a damaged one. Remove it to read everything again, or name another file.`,
    );
  }
  if (head.format !== format)
    throw new UnusableCursor(`${file} is a cursor of ${head.format}, not of ${format}: name another file.`);
  return head.version === version ? (JSON.parse(body) as Cursor) : emptyCursor;
}

/** Whole or not at all. */
export function saveCursor(file: string, { format, version }: Source, cursor: Cursor): void {
  const body = JSON.stringify(cursor);
  const head: Head = { cursor: layout, format, version, sha256: sumOf(body) };
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeDurably(temporary, `${JSON.stringify(head)}\n${body}`);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function writeDurably(file: string, text: string): void {
  const descriptor = openSync(file, 'w', 0o600);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

interface Head {
  readonly cursor: number;
  readonly format: string;
  readonly version: number;
  readonly sha256: string;
}

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
