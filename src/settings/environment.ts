/** What the environment says of settings. What is empty in it counts as not set. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { nearest } from './nearest.js';
import { type Environment, stateFolder } from './process-environment.js';
import { type Setting, settings } from './schema.js';
import { fileVariable } from './secret-file.js';

export { type Environment, processEnvironment } from './process-environment.js';

/** Names the configuration file, so it cannot be in it. */
export const configVariable = 'RESOURCE_SHARE_CONFIG';

const ownVariables = 'RESOURCE_SHARE_';
/** What the tests of this project are told. */
const testVariables = 'RESOURCE_SHARE_TEST_';

/** Where the file of settings is looked for when none is named, the first that exists. */
export function usualConfigFiles(environment: Environment): readonly string[] {
  const home = environment.XDG_CONFIG_HOME || join(homedir(), '.config');
  return [join(home, 'resource-share', 'config.json'), '/etc/resource-share/config.json'];
}

/** By the XDG base directory specification. */
export const usualSpool = (environment: Environment): string => join(stateFolder(environment), 'spool');

/** Where it is kept how far files were read. */
export const usualCursors = (environment: Environment): string => join(stateFolder(environment), 'cursors');

/** Of captures of the quota that could not be read. */
export const usualCaptures = (environment: Environment): string => join(stateFolder(environment), 'captures');

/** Of the key that signs checkpoints. */
export const usualKeys = (environment: Environment): string =>
  join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'resource-share', 'checkpoints');

/** Where systemd puts what it was given for this service; nothing elsewhere. */
export const credentialsFolder = (environment: Environment): string | undefined =>
  environment.CREDENTIALS_DIRECTORY || undefined;

/** What a data directory is known by. */
const ledgerFile = 'resource_tracking.db';
const dataHere = './data';

/**
 * By the same specification, or where macOS keeps such things: the same place from whichever folder a verb is called. A ledger
 * in `./data`, where it was by default before, is found as long as it is there.
 */
export function usualData(environment: Environment): { readonly path: string; readonly origin: string } {
  if (existsSync(join(dataHere, ledgerFile))) return { path: dataHere, origin: 'a ledger is there' };
  const { XDG_DATA_HOME: home = '' } = environment;
  if (isAbsolute(home)) return { path: join(home, 'resource-share'), origin: 'environment XDG_DATA_HOME' };
  const path =
    process.platform === 'darwin'
      ? join(homedir(), 'Library', 'Application Support', 'Resource-Share')
      : join(homedir(), '.local', 'share', 'resource-share');
  return { path, origin: 'default' };
}

const variablesOf = (setting: Setting): readonly string[] =>
  setting.isSecret === true ? [setting.variable, fileVariable(setting)] : [setting.variable];

/** A sentence for each variable that looks like one of ours and is none. */
export function unknownVariables(environment: Environment): readonly string[] {
  const known = [configVariable, ...[...settings.values()].flatMap((setting) => variablesOf(setting))];
  return Object.keys(environment)
    .filter((name) => name.startsWith(ownVariables) && !name.startsWith(testVariables) && !known.includes(name))
    .map((name) => {
      const found = nearest(
        name.slice(ownVariables.length),
        known.map((each) => each.slice(ownVariables.length)),
      );
      return `no setting is read from ${name}${found === undefined ? '' : `; did you mean ${ownVariables}${found}?`}`;
    });
}
