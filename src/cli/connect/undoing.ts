/** One run of `connect --undo`. Where the daemon is does not matter to it. */
import { usageError } from '../exit.js';
import { makeUndo, type PlannedUndo, planUndo } from './change.js';
import { type ClientName, clients } from './clients.js';
import { diffText } from './diff.js';
import { printLeft } from './print.js';
import { keptName, type RecordFile } from './record.js';
import { readSettingsFile } from './settings-file.js';
import { shownPath } from './shown-path.js';
import { guarded, recordsOf, Telling } from './telling.js';

interface Known {
  readonly path: string;
  readonly records: RecordFile;
  readonly plan: PlannedUndo;
  readonly diff: string;
}

export interface UndoOptions {
  readonly dryRun?: true;
  readonly json?: true;
}

export function undoConnect(name: ClientName, files: readonly string[], options: UndoOptions): void {
  if (files.length === 0) throw usageError('Name the file with --file: else nothing was written.');
  const known = files.flatMap((path) => knownOf(name, path));
  const settings = known.map(({ path, plan, diff }) => ({ file: path, diff, left: plan.left }));
  const telling = new Telling(options.json === true, { client: name, settings });
  for (const { path, plan, diff } of known) {
    telling.say(diff);
    if (!telling.isJson) printLeft(path, plan);
  }
  if (known.length === 0)
    return telling.end('unchanged', `Nothing of ours is in the settings of ${clients[name].title}.`);
  if (options.dryRun === true) return telling.end('dry-run', 'Nothing was written, as this is a dry run.');
  for (const { path, plan, records } of known) {
    guarded(path, () => makeUndo(plan, records));
    telling.say(undoneText(path, plan));
    const copy = plan.left.length === 0 ? null : records.copyOf(plan.record.before);
    if (copy !== null) telling.say(`What it was before stays in ${shownPath(keptName(copy))}.`);
  }
  telling.end('undone');
}

function knownOf(name: ClientName, path: string): Known[] {
  return guarded(path, () => {
    const file = readSettingsFile(path);
    const records = recordsOf(name, file.real);
    const record = records.load();
    if (record === null) return [];
    const plan = planUndo(file, clients[name], record);
    return [{ path, records, plan, diff: diffText(path, file.text, plan.after, plan.record.entries) }];
  });
}

function undoneText(path: string, { after, isExact }: PlannedUndo): string {
  const file = shownPath(path);
  if (after === null) return `${file} is gone again.`;
  return isExact ? `${file} is as it was.` : `What was put into ${file} is taken out; what was changed since stays.`;
}
