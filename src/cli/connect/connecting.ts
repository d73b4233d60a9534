/** One run of `connect`, from what was found to what was written. */

import type { Command } from 'commander';
import type { Collected } from '../collect/print.js';
import { failure, negativeResult, usageError } from '../exit.js';
import { configFlag, settingsFor } from '../options.js';
import { printLine, remark } from '../output.js';
import { askYes, canAsk } from './ask.js';
import { makeConnect, type PlannedChange, planConnect } from './change.js';
import { type ClientName, type ConnectedClient, clients, isInstalled } from './clients.js';
import { diffText } from './diff.js';
import type { SettingsEditor } from './editor.js';
import { findUse, importAll } from './history.js';
import { printParts, printSurvey, surveyBody } from './print.js';
import { readSettingsFile, requireWritable } from './settings-file.js';
import { shellLines } from './shell-lines.js';
import { shownPath } from './shown-path.js';
import type { Survey } from './survey.js';
import { guarded, recordsOf, Telling } from './telling.js';
import { undoConnect } from './undoing.js';
import { isAnswering, statusLineCommand, type WhereTo, whereTo } from './whereto.js';

export interface ConnectOptions {
  readonly yes?: true;
  readonly dryRun?: true;
  readonly undo?: true;
  readonly import: boolean;
  readonly statusline: boolean;
  readonly hooks: boolean;
  readonly telemetry: boolean;
  readonly replace?: true;
  readonly file?: string;
  readonly json?: true;
}

export async function connect(command: Command, name: ClientName, options: ConnectOptions): Promise<void> {
  const client = clients[name];
  if (options.file !== undefined && name !== 'otel')
    throw usageError('--file is for otel: the others have settings of their own.');
  const files = options.file === undefined ? client.settingsFiles() : [options.file];
  const resolved = settingsFor(command);
  if (options.undo === true) return undoConnect(name, files, options);
  const to = whereTo(resolved);
  const editor = client.editor(
    { ...to, replace: options.replace === true },
    {
      statusLine: options.statusline ? statusLineCommand(resolved, to, configFlag(command)) : undefined,
      hooks: options.hooks,
      telemetry: options.telemetry,
    },
  );
  await new Connecting(command, { name, client, files, editor, to, options }).connect();
}

interface Task {
  readonly name: ClientName;
  readonly client: ConnectedClient;
  readonly files: readonly string[];
  readonly editor: SettingsEditor;
  readonly to: WhereTo;
  readonly options: ConnectOptions;
}

class Connecting {
  readonly #command: Command;
  readonly #task: Task;
  readonly #telling: Telling;

  constructor(command: Command, task: Task) {
    this.#command = command;
    this.#task = task;
    const { url, who } = task.to;
    const body = { client: task.name, daemon: url, identity: task.to.identity ?? null, who };
    this.#telling = new Telling(task.options.json === true, body);
  }

  async connect(): Promise<void> {
    const { client, files, options, name } = this.#task;
    const survey = client.format === null ? null : await findUse(this.#command, client.format);
    if (survey?.rows.length === 0 && !isInstalled(files))
      throw negativeResult(`There is no ${client.title} here: no ${files.map(shownPath).join(', no ')}.`);
    this.#showFound(survey);
    if (files.length === 0) return this.#printLines();
    const changes = files.map((path) => this.#planned(path));
    const isNews = changes.some(({ after, file }) => after !== file.text);
    this.#showChanges(changes);
    if (options.dryRun === true) return this.#telling.end('dry-run', 'Nothing was written, as this is a dry run.');
    if (isNews && options.yes !== true && (options.json === true || !canAsk())) {
      const how = `\`resource-share connect ${name} --yes\` writes it`;
      return this.#refuse(`Nothing was written: there is no terminal to ask on. ${how}.`);
    }
    if (survey !== null && survey.rows.length > 0 && options.import) await this.#import(client.format as string);
    if (!isNews) return this.#telling.end('unchanged', unchangedText(changes));
    const question = `Write this into ${changes.map(({ file }) => shownPath(file.path)).join(', ')}?`;
    if (options.yes !== true && !(await askYes(question))) return this.#refuse('Nothing was written.');
    for (const change of changes) this.#write(change);
    await this.#endWritten();
  }

  /** For `eval`: nothing else is on stdout. */
  #printLines(): void {
    const { to } = this.#task;
    this.#telling.body.lines = shellLines({ ...to, replace: false });
    for (const line of shellLines({ ...to, replace: false })) this.#telling.say(line);
    this.#telling.end('printed');
  }

  #refuse(text: string): never {
    this.#telling.end('not-written');
    throw negativeResult(text);
  }

  async #endWritten(): Promise<void> {
    const { client, to } = this.#task;
    const isThere = await isAnswering(to.url);
    this.#telling.body.daemon_answers = isThere;
    this.#telling.say(client.afterwards);
    const how = '`resource-share serve` starts one, and until then the client goes on without';
    this.#telling.end('written', isThere ? '' : `No daemon answers at ${to.url}: ${how}.`);
  }

  #planned(path: string): PlannedChange {
    return guarded(path, () => {
      const file = readSettingsFile(path);
      const change = planConnect(file, this.#task.editor, recordsOf(this.#task.name, file.real).load());
      if (change.after !== file.text) requireWritable(file);
      return change;
    });
  }

  #write(change: PlannedChange): void {
    const { path, real } = change.file;
    const records = recordsOf(this.#task.name, real);
    if (change.after === change.file.text) return;
    guarded(path, () => makeConnect(change, records));
    const copy = records.copyOf(change.base);
    const what = copy === null ? 'there was none' : `a copy of the old one is ${shownPath(copy)}`;
    this.#telling.say(`${shownPath(path)} is written; ${what}. --undo puts it back.`);
  }

  async #import(format: string): Promise<void> {
    const collected: readonly Collected[] = await importAll(this.#command, format, this.#task.options.json === true);
    const { collectedBody } = await import('../collect/print.js');
    this.#telling.body.imported = collected.map(collectedBody);
    const last = collected.at(-1);
    if (last?.isComplete !== false) return;
    const why = last.failure?.message ?? 'stopped';
    throw failure(`${why}. The settings were not touched; what was not recorded yet, the next run goes on with.`);
  }

  #showFound(survey: Survey | null): void {
    const { options, to, client } = this.#task;
    if (survey !== null) this.#telling.body.found = surveyBody(survey);
    if (options.json === true) return;
    if (survey !== null) {
      printSurvey(survey);
      const whose = Object.entries(survey.identities).map(([identity, count]) => `${identity} (${count})`);
      if (whose.length > 0) printLine(`Responses of ${whose.join(', ')}.`);
      printLine();
    }
    const who = `${client.title} reports to ${to.url}, as ${to.who}.`;
    if (this.#task.files.length === 0) remark(who);
    else printLine(who);
  }

  #showChanges(changes: readonly PlannedChange[]): void {
    this.#telling.body.settings = changes.map((change) => ({
      file: change.file.path,
      diff: diffOf(change),
      parts: change.edited.parts,
      remarks: change.edited.remarks,
    }));
    if (this.#task.options.json === true) return;
    for (const change of changes) {
      const diff = diffOf(change);
      if (diff !== '') printLine(`\n${diff}\n`);
      printParts(change);
    }
  }
}

function unchangedText(changes: readonly PlannedChange[]): string {
  const isWhole = changes.every(({ edited }) => edited.parts.every(({ state }) => state !== 'kept'));
  return isWhole ? 'The settings have it all already: nothing was written.' : 'Nothing was written.';
}

const diffOf = ({ file, after, edited, record }: PlannedChange): string =>
  diffText(file.path, file.text, after, [...edited.entries, ...(record?.entries ?? [])]);
