/** Where a client is to send what it says, who it is then, and the command of its status line. */

import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join, resolve, sep } from 'node:path';
import { addressOf } from '../../client/address.js';
import { exchange } from '../../client/http.js';
import { writerOf } from '../../engines/open.js';
import { isServer } from '../../settings/database.js';
import { configVariable, processEnvironment } from '../../settings/environment.js';
import { databaseOf } from '../../settings/ledger.js';
import { type LayeredValue, type Resolved, requireSettings } from '../../settings/resolve.js';
import { defaultOf, settingOf } from '../../settings/schema.js';
import { usageError } from '../exit.js';
import { surroundingsOf } from '../mode.js';
import { quoted } from '../shell-quote.js';

export interface WhereTo {
  readonly url: string;
  readonly pool: string | undefined;
  /** The name that is written; undefined where none is, as rules or the account say who it is. */
  readonly identity: string | undefined;
  /** Of all channels, in words. */
  readonly who: string;
}

const layerOf = (resolved: Resolved, key: string) => (resolved.given.get(key) as LayeredValue).layer;

export function whereTo(resolved: Resolved): WhereTo {
  const { agent, sources, pool } = requireSettings(resolved, 'agent', 'sources', 'pool');
  const { url, isHere } = daemonUrl(resolved);
  const { user, host, rules } = surroundingsOf(sources);
  const account = `${user}@${host}`;
  if (agent !== undefined) return { url, pool, identity: agent, who: agent };
  if (rules.length > 0)
    return { url, pool, identity: undefined, who: `what sources.rules says of the folder, else ${account}` };
  // The daemon of another machine would take its own account for this one.
  return { url, pool, identity: isHere ? undefined : account, who: account };
}

/** A client is told one URL, which has to be the one by which it reaches the daemon. */
function daemonUrl(resolved: Resolved): { readonly url: string; readonly isHere: boolean } {
  const { url } = requireSettings(resolved, 'url');
  const database = databaseOf(resolved);
  const own = isServer(database) || !existsSync(database) ? undefined : writerOf(database)?.url;
  if (layerOf(resolved, 'url') === 'default') return { url: bare(own ?? url), isHere: true };
  if (url.startsWith('unix:'))
    throw usageError('A client sends hooks and telemetry over HTTP: name the daemon by http://…, not by its socket.');
  return { url: bare(url), isHere: own !== undefined && new URL(own).port === new URL(url).port };
}

/** Whether a daemon is there. */
export async function isAnswering(url: string): Promise<boolean> {
  try {
    const { status } = await exchange({ method: 'GET', to: addressOf(url), path: 'ready', timeoutMs: 2_000 });
    return status < 500;
  } catch {
    return false;
  }
}

const bare = (url: string): string => url.replace(/\/+$/, '');

/** For a shell, from whichever folder and environment the client calls it. */
export function statusLineCommand(resolved: Resolved, { url, pool, identity }: WhereTo, config?: string): string {
  const words = [...programWords(), 'statusline', ...(identity === undefined ? [] : [identity])];
  const file = config ?? processEnvironment()[configVariable];
  if (file) words.push('--config', resolve(file));
  if (pool !== undefined) words.push('--pool', pool);
  const isUsual = layerOf(resolved, 'url') === 'default' && layerOf(resolved, 'data') === 'default';
  if (!isUsual || url !== defaultOf(settingOf('url'))) words.push('--url', url);
  return words.map(quoted).join(' ');
}

/** By its name where a shell finds it under that, as in settings that several machines share. */
function programWords(): string[] {
  const program = realpathSync(process.argv[1] as string);
  const folders = (processEnvironment().PATH ?? '').split(delimiter);
  const isFound = folders.some((folder) => {
    const file = join(folder, 'resource-share');
    // What npx finds, a shell does not.
    return !folder.endsWith(`node_modules${sep}.bin`) && existsSync(file) && realpathSync(file) === program;
  });
  return isFound ? ['resource-share'] : [process.execPath, program];
}
