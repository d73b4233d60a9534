/** The configuration file: JSON, whose objects are the sections of the settings. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Problem } from '../problems.js';
import { configVariable, type Environment, usualConfigFiles } from './environment.js';

export interface SettingsFile {
  /** Absolute. */
  readonly path: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/**
 * The file that is named by the flag, else by the environment, else the first of the usual ones that exists; null when there
 * is none. Throws `setting_invalid` when one that is named is not there, or when it cannot be read.
 */
export function findSettingsFile(named: string | undefined, environment: Environment): SettingsFile | null {
  const wanted = named ?? (environment[configVariable] || undefined);
  if (wanted === undefined) {
    for (const path of usualConfigFiles(environment)) {
      const text = read(path);
      if (text !== null) return parsed(path, text);
    }
    return null;
  }
  const path = resolve(wanted);
  const text = read(path);
  if (text !== null) return parsed(path, text);
  throw unusable(`there is no file ${path}, which ${named === undefined ? configVariable : 'the command line'} names`);
}

/** Null when there is no such file. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw unusable(`${path} cannot be read: ${message}`);
  }
}

function parsed(path: string, text: string): SettingsFile {
  const content = parseJson(path, text);
  if (isSection(content)) return { path, content };
  throw unusable(`${path} must hold one JSON object, such as {"port": 8765}`);
}

export function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    const before = text.slice(0, faultAt(text)).split('\n');
    const column = (before.at(-1) as string).length + 1;
    throw unusable(`${path} is no JSON: see line ${before.length}, column ${column}`);
  }
}

/**
 * Where the parser stopped. Its message is not shown, because it may quote the text around the fault, in which a password
 * can be; and of an unexpected letter it says no position, so that the shortest beginning with this fault is looked for.
 */
function faultAt(text: string): number {
  const message = messageOf(text);
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return Number(position);
  for (let end = 1; message.startsWith('Unexpected token') && end < text.length; end++) {
    if (messageOf(text.slice(0, end)).startsWith('Unexpected token')) return end - 1;
  }
  return text.length;
}

function messageOf(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const unusable = (detail: string): Problem => new Problem('setting_invalid', `${detail}.`);
