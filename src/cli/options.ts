/** Options that many verbs share, and how their values are read. A value that cannot be read is a usage error. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isServer, redacted } from '../settings/database.js';
import { defaultPoolName } from '../settings/default-pool.js';
import { usageError } from './exit.js';

export interface Globals {
  /** Where the ledger is: a data directory, or the URL of a server. */
  readonly database: string;
  /** As given; verbs about one pool take `default` where it is not. */
  readonly pool: string | undefined;
}

export const defaultData = './data';

export function addGlobalOptions(program: Command): void {
  program.addOption(new Option('--data <dir>', `data directory (default: ${defaultData}, or RESOURCE_SHARE_DATA)`));
  program.addOption(
    new Option('--database <url>', 'PostgreSQL server instead of a data directory (RESOURCE_SHARE_DATABASE)'),
  );
  program.addOption(new Option('--pool <name>', `pool (default: ${defaultPoolName})`));
}

/** Options of the ledger as they were given, for verbs that need no ledger or make one. */
export interface GlobalFlags {
  readonly data?: string;
  readonly database?: string;
  readonly pool?: string;
}

export const globalFlagsOf = (command: Command): GlobalFlags => command.optsWithGlobals<GlobalFlags>();

export function globalsOf(command: Command): Globals {
  const given = globalFlagsOf(command);
  return { database: databaseOf(given, process.env), pool: given.pool };
}

/** A flag beats the environment, in which a server beats a directory. What is empty there is not set. */
export function databaseOf({ data, database }: GlobalFlags, env: NodeJS.ProcessEnv): string {
  if (data !== undefined && database !== undefined)
    throw usageError('--data and --database both say where the ledger is: leave one of them out.');
  if (data !== undefined) return directoryOf(data, '--data');
  if (database !== undefined) return serverOf(database, '--database');
  if (env.RESOURCE_SHARE_DATABASE) return serverOf(env.RESOURCE_SHARE_DATABASE, 'RESOURCE_SHARE_DATABASE');
  return directoryOf(env.RESOURCE_SHARE_DATA || defaultData, 'RESOURCE_SHARE_DATA');
}

/** What it says is not repeated where it is no URL: it may hold a password. */
function serverOf(text: string, name: string): string {
  if (!isServer(text)) {
    throw usageError(
      `${name} takes the URL of a PostgreSQL server, such as postgres://user@host/name; a directory is given with --data.`,
    );
  }
  if (/\s/.test(text)) throw usageError(`${name} has a space in its URL; write it as %20.`);
  return text;
}

function directoryOf(text: string, name: string): string {
  if (!isServer(text)) return text;
  throw usageError(`${name} takes a directory; the server ${redacted(text)} is given with --database.`);
}

export function addExamples(command: Command, ...examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ resource-share ${example}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export const jsonOption = (): Option => new Option('--json', 'print JSON');

export const plotOption = (what: string): Option => new Option('--plot <file>', `write an SVG chart: ${what}`);

export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`"${text}" is no whole number ${range}.`);
  };
}

export function decimal(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(
      `"${text}" is no number from ${min}${max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`}.`,
    );
  };
}

/** `17.5` or `17.5%`, as basis points. */
export function percentBp(text: string): number {
  const value = decimal(0)(text.replace(/%$/, ''));
  return Math.round(value * 100);
}

/** `key=value`, gathered over repetitions. */
export function gatherPairs(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`"${text}" is not of the form KEY=VALUE.`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export function gather(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
