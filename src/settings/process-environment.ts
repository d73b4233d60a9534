/** The environment of this process, on its own: a status line has no time to load all settings. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

export const processEnvironment = (): Environment => process.env;

/** Where this program keeps what is no ledger, by the XDG base directory specification. */
export const stateFolder = (environment: Environment): string =>
  join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'resource-share');
