/** Options that many verbs share, and how their values are read. A value that cannot be read is a usage error. */
import { type Command, InvalidArgumentError, Option } from 'commander';

export interface Globals {
  /** The data directory. */
  readonly data: string;
  readonly dataGiven: boolean;
  /** As given; verbs about one pool take `default` where it is not. */
  readonly pool: string | undefined;
}

export const defaultData = './data';
export const defaultPool = 'default';

export function addGlobalOptions(program: Command): void {
  program.addOption(new Option('--data <dir>', `data directory (default: ${defaultData}, or RESOURCE_SHARE_DATA)`));
  program.addOption(new Option('--pool <name>', `pool (default: ${defaultPool})`));
}

export function globalsOf(command: Command): Globals {
  const { data, pool } = command.optsWithGlobals<{ data?: string; pool?: string }>();
  return { data: data ?? process.env.RESOURCE_SHARE_DATA ?? defaultData, dataGiven: data !== undefined, pool };
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
