/**
 * What a status line has from one draw to the next: what the daemon said (`advice`), and what was reported of each session (`draw`),
 * whose time is when that was. The files are for their owner alone.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processEnvironment, stateFolder } from '../../settings/process-environment.js';
import type { KeptAdvice } from './line.js';

export interface KeptFiles {
  readonly folder: string;
  readonly advice: string;
  readonly draw: string;
}

/** Of the agent that the arguments name, or who it is in a folder, and of a session. */
export function keptFiles(args: readonly string[], session: string, cwd = ''): KeptFiles {
  const environment = processEnvironment();
  const folder = join(stateFolder(environment), 'statusline');
  const { RESOURCE_SHARE_POOL: pool = '', RESOURCE_SHARE_URL: url = '', RESOURCE_SHARE_DATA: data = '' } = environment;
  const client = [...args, pool, url, data];
  const draw = `${fileName(JSON.stringify(client))}.${fileName(session)}.draw`;
  const advice = `${fileName(JSON.stringify(cwd === '' ? client : [...client, cwd]))}.json`;
  return { folder, advice: join(folder, advice), draw: join(folder, draw) };
}

/** FNV-1a: cryptography would take longer to load than all else. */
function fileName(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(36);
}

/** Null where there is none that can be read. */
export function keptJson<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T | null;
  } catch {
    // It is missing, or being written: the line is drawn without it.
    return null;
  }
}

export function keepText(folder: string, file: string, text: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, file);
}

/** Milliseconds UTC; 0 where it is missing. */
export const keptSince = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

export const keptAdvice = (file: string): KeptAdvice | null => keptJson<KeptAdvice>(file);
