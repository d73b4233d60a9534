/** Options that many verbs share, and how their values are read. A value that cannot be read is a usage error. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LedgerOptions } from '../daemon/open-ledger.js';
import { databaseOf } from '../settings/ledger.js';
import { loadSettings } from '../settings/load.js';
import { type Resolved, requireSettings } from '../settings/resolve.js';
import { choicesOf, defaultOf, settingOf } from '../settings/schema.js';
import { type DaemonAccess, daemonAccess } from './daemon-address.js';

/** What verbs about a ledger go by. */
export interface Globals extends LedgerOptions {
  /** As given; verbs about one pool take `default` where it is not. */
  readonly pool: string | undefined;
  /** To a daemon that is not reached by its socket. */
  readonly access: DaemonAccess;
}

/** The flag of a setting. It keeps the text that was given; the settings say what may be given. */
class SettingOption extends Option {
  readonly key: string;

  constructor(key: string) {
    const setting = settingOf(key);
    const choices = choicesOf(setting);
    const fallback = defaultOf(setting);
    const remarks = [
      ...(choices.length > 0 ? [`choices: ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`] : []),
      `default: ${fallback === undefined ? setting.unset : JSON.stringify(fallback)}`,
      `env: ${setting.variable}`,
    ];
    const flag = setting.flag as string;
    if (isSwitchOff(flag)) super(flag, `without ${setting.description} (env: ${setting.variable}=false)`);
    else super(flag, `${setting.description} (${remarks.join(', ')})`);
    this.key = key;
  }
}

/** What may be given to an option; empty where that is no list. */
export const optionChoices = (option: Option): readonly string[] =>
  option instanceof SettingOption ? choicesOf(settingOf(option.key)).map(String) : (option.argChoices ?? []);

/** The flag of a setting that is on by default. */
const isSwitchOff = (flag: string): boolean => flag.startsWith('--no-');

export const settingOption = (key: string): Option => new SettingOption(key);

export function addGlobalOptions(program: Command): void {
  for (const key of ['data', 'database', 'pool']) program.addOption(settingOption(key));
  program.option('--config <file>', 'configuration file (env: RESOURCE_SHARE_CONFIG)');
}

/** The flags of settings that were given, as texts by key. */
export function settingFlags(command: Command): ReadonlyMap<string, string> {
  const flags = new Map<string, string>();
  for (let each: Command | null = command; each !== null; each = each.parent) {
    for (const option of each.options) {
      const given = each.getOptionValue(option.attributeName());
      if (!(option instanceof SettingOption) || given === undefined) continue;
      if (!option.negate) flags.set(option.key, given as string);
      else if (given === false) flags.set(option.key, 'false');
    }
  }
  return flags;
}

export const configFlag = (command: Command): string | undefined =>
  command.optsWithGlobals<{ config?: string }>().config;

/** The settings of this run. */
export const settingsFor = (command: Command): Resolved => loadSettings(settingFlags(command), configFlag(command));

export function globalsOf(command: Command): Globals {
  const resolved = settingsFor(command);
  const { pool } = requireSettings(resolved, 'pool');
  return { ...ledgerOptions(resolved, databaseOf(resolved)), pool, access: daemonAccess(resolved) };
}

export function ledgerOptions(resolved: Resolved, database: string): LedgerOptions {
  const used = requireSettings(
    resolved,
    'time_zone',
    'unknown_agents',
    'unknown_agents_per_hour',
    'postgres',
    'sqlite',
    'prices',
    'alerts',
    'webhooks',
    'jobs',
  );
  const { schedules, kinds: outside, lease_ms: leaseMs } = used.jobs;
  return {
    database,
    timeZone: used.time_zone,
    unknownAgents: used.unknown_agents,
    newcomersPerHour: used.unknown_agents_per_hour,
    priceFile: used.prices.file,
    alerts: used.alerts,
    webhookHosts: used.webhooks.allow_hosts,
    work: { schedules, outside, leaseMs },
    engineLimits: {
      connectionsMax: used.postgres.connections,
      statementMsMax: used.postgres.statement_ms,
      walBytesMax: used.sqlite.wal_bytes,
    },
  };
}

export function addExamples(command: Command, ...examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ resource-share ${example}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export const jsonOption = (): Option => new Option('--json', 'print JSON');

export const acceptLossOption = (): Option =>
  new Option('--accept-loss', 'go on with a ledger that has lost events, and have its log say so');

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
