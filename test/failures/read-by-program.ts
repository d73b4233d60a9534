/** What the program says that it would record of a file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../cli/run.js';
import { type Scope, temporaryFolder } from '../support/folder.js';

export interface ReadByProgram {
  readonly uses: readonly { readonly key: string; readonly tokens: Readonly<Record<string, number>> }[];
  readonly readings: readonly {
    readonly windows: readonly { readonly key: string; readonly percent_bp: number; readonly resets_at: string }[];
  }[];
}

export async function readByProgram(
  t: Scope,
  format: string,
  file: string,
  text: string,
  ...more: readonly string[]
): Promise<ReadByProgram> {
  const path = join(temporaryFolder(t), file);
  writeFileSync(path, text);
  const { code, stdout, stderr } = await run(['sources', 'read', format, path, ...more, '--json']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ReadByProgram;
}

/** As a server sends it: one event for each object. */
export const eventStream = (...events: readonly { readonly type: string }[]): string =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
