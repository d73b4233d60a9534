/** The environment of this process: the one place that reads it for settings. What is empty in it counts as not set. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { nearest } from './nearest.js';
import { settings } from './schema.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names the configuration file, so it cannot be in it. */
export const configVariable = 'RESOURCE_SHARE_CONFIG';

const ownVariables = 'RESOURCE_SHARE_';
/** What the tests of this project are told. */
const testVariables = 'RESOURCE_SHARE_TEST_';

export const processEnvironment = (): Environment => process.env;

/** Where the file of settings is looked for when none is named, the first that exists. */
export function usualConfigFiles(environment: Environment): readonly string[] {
  const home = environment.XDG_CONFIG_HOME || join(homedir(), '.config');
  return [join(home, 'resource-share', 'config.json'), '/etc/resource-share/config.json'];
}

/** By the XDG base directory specification. */
export function usualSpool(environment: Environment): string {
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'resource-share', 'spool');
}

/** A sentence for each variable that looks like one of ours and is none. */
export function unknownVariables(environment: Environment): readonly string[] {
  const known = [configVariable, ...[...settings.values()].map(({ variable }) => variable)];
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
