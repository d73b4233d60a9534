/**
 * The settings of a run: for each the value of the highest layer that has one, and where it comes from. The layers, from
 * the lowest: default, configuration file, environment, flags of the command line.
 */
import { dirname, resolve as resolvePath } from 'node:path';
import { Problem } from '../problems.js';
import { redacted } from './database.js';
import { type Environment, usualData, usualSpool } from './environment.js';
import { isSection, type SettingsFile } from './file.js';
import { nearest } from './nearest.js';
import { defaultOf, expectedOf, readText, type Setting, type Settings, settings } from './schema.js';
import { type HandedSecret, handedSecret } from './secret-file.js';

export interface Layers {
  readonly file: SettingsFile | null;
  readonly environment: Environment;
  /** Texts as they were given, by the key of their setting. */
  readonly flags: ReadonlyMap<string, string>;
}

export interface LayeredValue {
  readonly value: unknown;
  readonly layer: 'default' | 'file' | 'environment' | 'flag';
  /** `default`, `file PATH`, `environment NAME`, `flag --name`. */
  readonly origin: string;
}

/** What is wrong with one setting, as a sentence without its full stop. */
interface Fault {
  /** Its top-level key; null where no setting has this name. */
  readonly section: string | null;
  readonly text: string;
}

export interface Resolved {
  readonly given: ReadonlyMap<string, LayeredValue>;
  readonly faults: readonly Fault[];
}

export const noLayers: Layers = { file: null, environment: {}, flags: new Map() };

export function resolveSettings({ file, environment, flags }: Layers): Resolved {
  const faults: Fault[] = [];
  const given = new Map<string, LayeredValue>();
  const inFile = file === null ? new Map<string, unknown>() : valuesIn(file, faults);
  for (const setting of settings.values()) {
    const handed = handedSecret(setting, environment);
    if (handed !== null && handed.fault !== null && !flags.has(setting.key))
      faults.push({ section: sectionOf(setting.key), text: handed.fault });
    const found = highest(setting, file, inFile, environment, flags, handed);
    given.set(setting.key, found);
    if (found.layer !== 'default' && !(handed?.fault != null) && !setting.type.safeParse(found.value).success)
      faults.push({ section: sectionOf(setting.key), text: faultText(setting, found) });
  }
  return { given, faults };
}

/**
 * The sections of the settings that a run uses. Throws `setting_invalid` when one of them has a fault, and then says all
 * faults, so that they can be corrected at once. A name in the file that no setting has is a fault of every run, because
 * what was meant by it does not apply.
 */
export function requireSettings<K extends keyof Settings>(
  { given, faults }: Resolved,
  ...sections: readonly K[]
): Pick<Settings, K> {
  const concerns = ({ section }: Fault) => section === null || (sections as readonly string[]).includes(section);
  if (faults.some(concerns)) refuse(faults);
  const used: Record<string, unknown> = {};
  for (const [key, { value }] of given) {
    const [section, name] = key.split('.') as [K, string | undefined];
    if (!sections.includes(section)) continue;
    if (name === undefined) used[section] = value;
    else used[section] = { ...(used[section] as object), [name]: value };
  }
  return used as Pick<Settings, K>;
}

export function refuse(faults: Iterable<{ readonly text: string }>): void {
  const texts = new Set([...faults].map(({ text }) => text));
  if (texts.size === 0) return;
  const [first = ''] = texts;
  const one = first.endsWith('?') ? first : `${first}.`;
  const detail = texts.size === 1 ? one : [`${texts.size} settings cannot be used:`, ...texts].join('\n  ');
  throw new Problem('setting_invalid', detail);
}

function highest(
  setting: Setting,
  file: SettingsFile | null,
  inFile: ReadonlyMap<string, unknown>,
  environment: Environment,
  flags: ReadonlyMap<string, string>,
  handed: HandedSecret | null,
): LayeredValue {
  const { key, variable, flag, isPath } = setting;
  const flagText = flags.get(key);
  if (flagText !== undefined)
    return { value: readText(setting, flagText), layer: 'flag', origin: `flag ${flag?.split(' ')[0]}` };
  const text = environment[variable];
  if (text) return { value: readText(setting, text), layer: 'environment', origin: `environment ${variable}` };
  if (handed !== null) return { value: handed.text, layer: 'environment', origin: handed.origin };
  if (file !== null && inFile.has(key)) {
    const value = inFile.get(key);
    const isRelative = isPath === true && typeof value === 'string' && setting.type.safeParse(value).success;
    const absolute = isRelative ? resolvePath(dirname(file.path), value) : value;
    return { value: absolute, layer: 'file', origin: `file ${file.path}` };
  }
  if (key === 'data') {
    const { path, origin } = usualData(environment);
    return { value: path, layer: 'default', origin };
  }
  if (key !== 'spool') return { value: defaultOf(setting), layer: 'default', origin: 'default' };
  const origin = environment.XDG_STATE_HOME ? 'environment XDG_STATE_HOME' : 'default';
  return { value: usualSpool(environment), layer: 'default', origin };
}

/** The values of the file by the keys of their settings; what has no setting is a fault. */
function valuesIn({ path, content }: SettingsFile, faults: Fault[]): Map<string, unknown> {
  const values = new Map<string, unknown>();
  const sections = new Set([...settings.keys()].filter((key) => key.includes('.')).map(sectionOf));
  const walk = (section: Readonly<Record<string, unknown>>, prefix: string): void => {
    for (const [name, value] of Object.entries(section)) {
      const key = prefix + name;
      if (settings.has(key)) values.set(key, value);
      else if (!sections.has(key))
        faults.push({
          section: null,
          text: `no setting is called ${key} (file ${path})${guess(key, [...settings.keys(), ...sections])}`,
        });
      else if (isSection(value)) walk(value, `${key}.`);
      else
        faults.push({
          section: key,
          text: `${key} (file ${path}) takes an object with settings, such as ${exampleOf(key)}`,
        });
    }
  };
  walk(content, '');
  return values;
}

function exampleOf(section: string): string {
  const [key, setting] = [...settings].find(([each]) => sectionOf(each) === section) as [string, Setting];
  return JSON.stringify({ [section]: { [key.slice(section.length + 1)]: defaultOf(setting) } });
}

function guess(key: string, known: readonly string[]): string {
  const found = nearest(key, known);
  return found === undefined ? '' : `; did you mean ${found}?`;
}

const sectionOf = (key: string): string => key.split('.', 1)[0] as string;

/** A secret is not repeated: what is no URL may still hold a password. */
function faultText(setting: Setting, { value, origin }: LayeredValue): string {
  if (setting.isSecret === true) return `${setting.key} (${origin}) takes ${expectedOf(setting)}`;
  return `${setting.key} is ${redacted(JSON.stringify(value))} (${origin}), but takes ${expectedOf(setting)}`;
}
