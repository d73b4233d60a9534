/** What each run of `connect` does alike: tells as lines or as JSON, names the file that is at fault, and keeps what undo needs. */
import { join } from 'node:path';
import { processEnvironment } from '../../settings/environment.js';
import { stateFolder } from '../../settings/process-environment.js';
import { CliExit, failure } from '../exit.js';
import { printJson, printLine } from '../output.js';
import type { ClientName } from './clients.js';
import { SettingsFault } from './editor.js';
import { RecordFile } from './record.js';
import { shownPath } from './shown-path.js';

export class Telling {
  readonly isJson: boolean;
  /** What is printed at the end where it is to be JSON. */
  readonly body: Record<string, unknown>;

  constructor(isJson: boolean, body: Record<string, unknown>) {
    this.isJson = isJson;
    this.body = body;
  }

  readonly say = (text: string): void => {
    if (!this.isJson && text !== '') printLine(text);
  };

  end(status: string, text = ''): void {
    this.say(text);
    if (this.isJson) printJson({ ...this.body, status });
  }
}

/** What is wrong with a file is said with its name. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CliExit || !(error instanceof SettingsFault)) throw error;
    throw failure(`${shownPath(path)} ${error.message}. Nothing was written.`);
  }
}

/** Of a settings file, links followed. */
export const recordsOf = (name: ClientName, real: string): RecordFile =>
  new RecordFile(join(stateFolder(processEnvironment()), 'connect'), name, real);
