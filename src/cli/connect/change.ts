/** A change of a client's settings: planned, so that it can be shown; made; and taken back. */
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Edited, Entry, SettingsEditor } from './editor.js';
import { type ChangeRecord, digestOf, type RecordFile } from './record.js';
import { removeLeftover, replaceSettingsFile, type SettingsFile } from './settings-file.js';

export interface PlannedChange {
  readonly file: SettingsFile;
  /** The file after; null where it will be gone. */
  readonly after: string | null;
  readonly edited: Edited;
  /** What undo goes back to. */
  readonly base: string | null;
  /** What the file says of an earlier run; null where it says nothing. */
  readonly record: ChangeRecord | null;
  /** Of that, what somebody has changed since. */
  readonly left: readonly string[];
}

export function planConnect(file: SettingsFile, editor: SettingsEditor, stored: ChangeRecord | null): PlannedChange {
  const { text, left, record } = undone(file.text, editor, stored);
  // A file that was removed is not made out of what it was: undo alone does that.
  const edited = editor.edit(file.text === null ? null : text);
  const isThere = record !== null && file.text !== null && isWritten(file.text, editor, edited.entries, record);
  const isNothing = edited.entries.length === 0 && (record === null || file.text === null);
  return {
    file,
    base: text,
    record,
    left,
    edited,
    after: isThere || isNothing ? file.text : edited.entries.length === 0 ? text : edited.text,
  };
}

/** Whether all of it is there already, and nothing else of ours. */
function isWritten(text: string, editor: SettingsEditor, entries: readonly Entry[], record: ChangeRecord): boolean {
  const same = isDeepStrictEqual(entries.map(saidBy), record.entries.map(saidBy));
  return same && editor.withdraw(text, entries).left.length === 0 && editor.withdraw(text, entries).text !== text;
}

const saidBy = (entry: Entry): unknown => (entry.kind === 'block' ? entry.block : [entry.path, entry.value]);

export function makeConnect({ file, base, edited, after, record, left }: PlannedChange, records: RecordFile): void {
  if (after === file.text) return;
  if (after === null || edited.entries.length === 0) {
    replaceSettingsFile(file, after);
    return records.forget(left.length > 0);
  }
  const folders = record?.folders ?? missingFolders(dirname(file.real));
  const made = { before: base, after: digestOf(after), entries: edited.entries, folders };
  // First what undo needs: whatever ends this run, the file can be put back, be it as it is or as it will be.
  records.save({ ...made, former: record === null ? null : { ...record, former: null } });
  mkdirSync(dirname(file.real), { recursive: true });
  replaceSettingsFile(file, after);
  if (record !== null) records.save({ ...made, former: null });
}

type Withdrawing = Pick<SettingsEditor, 'withdraw'>;

export interface PlannedUndo {
  readonly file: SettingsFile;
  readonly after: string | null;
  /** Whether it is as it was, byte for byte. */
  readonly isExact: boolean;
  /** What somebody has changed since, and is left as it is. */
  readonly left: readonly string[];
  readonly record: ChangeRecord;
}

export function planUndo(file: SettingsFile, editor: Withdrawing, stored: ChangeRecord): PlannedUndo {
  const { text: after, left, record } = undone(file.text, editor, stored);
  return { file, after, left, record: record ?? stored, isExact: after === (record ?? stored).before };
}

export function makeUndo({ file, after, left, record }: PlannedUndo, records: RecordFile): void {
  removeLeftover(file);
  if (after !== file.text) replaceSettingsFile(file, after);
  if (after === null) for (const folder of [...record.folders].reverse()) removeEmpty(folder);
  records.forget(left.length > 0);
}

interface Undone {
  readonly text: string | null;
  readonly left: readonly string[];
  /** What the file was found to say. */
  readonly record: ChangeRecord | null;
}

/**
 * The file as it was before, whether what was last to be written into it is in it, or what was before that. Where nobody has changed it since, byte for byte; else what somebody changed stays, and what was put in
 * is taken out.
 */
export function undone(text: string | null, editor: Withdrawing, record: ChangeRecord | null): Undone {
  if (record === null) return { text, left: [], record };
  const possible = record.former === null ? [record] : [record, record.former];
  // Somebody removed it, or it is as one of them says; also as before it, as it was never written then.
  const exact = possible.find(({ before, after }) => text === null || digestOf(text) === after || text === before);
  if (exact !== undefined || text === null)
    return { text: (exact ?? record).before, left: [], record: exact ?? record };
  const [first, second = first] = possible.map((one) => withdrawn(text, editor, one)) as [Undone, Undone?];
  return second.left.length < first.left.length ? second : first;
}

function withdrawn(text: string, editor: Withdrawing, record: ChangeRecord): Undone {
  const { text: rest, left } = editor.withdraw(text, record.entries);
  const isEmpty = record.before === null && /^\s*(\{\s*\})?\s*$/.test(rest);
  return { text: isEmpty ? null : rest, left, record };
}

/** The outermost first. */
function missingFolders(folder: string): string[] {
  return existsSync(folder) ? [] : [...missingFolders(dirname(folder)), folder];
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something else is in it by now, or it is gone.
  }
}
