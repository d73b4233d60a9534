/** `service logs`: what the parts of a service have said, wherever that is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PartName } from '../../service/plan.js';
import { unitName } from '../../service/systemd.js';
import { requireSettings } from '../../settings/resolve.js';
import { negativeResult } from '../exit.js';
import { printLine } from '../output.js';
import type { Service } from './enabling.js';
import { settingsOfService, valuesIn } from './make-plan.js';
import { noRecord } from './record.js';
import { callTool } from './tool.js';

export interface LogOptions {
  readonly parts: readonly PartName[];
  readonly follow: boolean;
  readonly lines: number;
  /** Milliseconds UTC. */
  readonly since: number | null;
}

export async function showLogs(service: Service, options: LogOptions): Promise<void> {
  const file = logFileOf(service);
  if (file !== null) return showFile(file, options);
  const { code } = await passThrough('journalctl', journalArguments(service, options));
  if (code !== 0) process.exitCode = code ?? 0;
}

/** Null where the journal of systemd has it. */
function logFileOf({ scope, environment, record, places, manager }: Service): string | null {
  const resolved = settingsOfService(scope, environment, record?.choices ?? noRecord.choices, valuesIn(places));
  const { log } = requireSettings(resolved, 'log');
  if (log.file !== undefined) return resolve(log.file);
  return manager.name === 'launchd' ? places.logFile : null;
}

function journalArguments({ scope }: Service, { parts, follow, lines, since }: LogOptions): readonly string[] {
  const units = parts.flatMap((part) => ['--unit', `${unitName(part)}.service`]);
  return [
    ...(scope === 'user' ? ['--user'] : []),
    ...units,
    '--no-pager',
    '--output=short-iso',
    ...(since === null ? [] : [`--since=@${Math.floor(since / 1_000)}`]),
    '--lines',
    since === null || follow ? String(lines) : 'all',
    ...(follow ? ['--follow'] : []),
  ];
}

async function showFile(path: string, { follow, lines, since }: LogOptions): Promise<void> {
  if (!existsSync(path)) throw negativeResult(`there is no log at ${path} yet.`);
  if (follow) {
    await passThrough('tail', ['-n', String(lines), '-F', path]);
    return;
  }
  const all = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  const shown = since === null ? all.slice(-lines) : all.slice(firstSince(all, since));
  for (const line of shown) printLine(line);
}

/** The lines are in order of time; one that says none belongs to the one before it. */
function firstSince(lines: readonly string[], since: number): number {
  const at = lines.findIndex((line) => (timeOf(line) ?? Number.NEGATIVE_INFINITY) >= since);
  return at < 0 ? lines.length : at;
}

function timeOf(line: string): number | null {
  const [, time] = /"time":(\d+)/.exec(line) ?? [];
  return time === undefined ? null : Number(time);
}

async function passThrough(name: string, args: readonly string[]): Promise<{ code: number | null }> {
  const child = spawn(name, args, { stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code };
}

/** The last lines of a part, for who wants to know why it did not start. */
export async function lastLines({ scope, manager, places }: Service, part: PartName, lines: number): Promise<string> {
  if (manager.name === 'launchd')
    return existsSync(places.logFile)
      ? readFileSync(places.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
      : '';
  const options = { parts: [part], follow: false, lines, since: null };
  const { stdout } = await callTool('journalctl', journalArguments({ scope } as Service, options)).catch(() => ({
    stdout: '',
  }));
  return stdout.trimEnd();
}
