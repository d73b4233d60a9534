/** Asking the daemon of a ledger to read its settings again. */
import type { Command } from 'commander';
import { addressOf, withKey } from '../client/address.js';
import { exchange } from '../client/http.js';
import { writerOf } from '../engines/open.js';
import { Problem } from '../problems.js';
import type { ReloadReport } from '../settings/changes.js';
import { isServer } from '../settings/database.js';
import { addressOfWriter, daemonOf } from './daemon-address.js';
import { failure, negativeResult } from './exit.js';
import { globalsOf, settingsFor } from './options.js';

const answerMsMax = 30_000;

/** Throws where it has refused them, or there is no daemon. */
export async function reloadDaemon(command: Command): Promise<ReloadReport> {
  const to = orAsItWas(() => addressOfDaemon(command));
  const { status, text } = await exchange({ method: 'POST', to, path: 'v1/config/reload', timeoutMs: answerMsMax });
  const answer = JSON.parse(text) as ReloadReport & { readonly detail?: string; readonly title?: string };
  if (status === 200) return answer;
  throw negativeResult(`the daemon goes on with the settings it had: ${answer.detail ?? answer.title ?? status}`);
}

/** The file that the daemon would read is read here, too: what is wrong with it is found before the daemon is asked. */
function orAsItWas<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'setting_invalid') throw error;
    throw negativeResult(`the daemon goes on with the settings it had: ${error.message}`);
  }
}

function addressOfDaemon(command: Command) {
  const { database, access } = globalsOf(command);
  if (isServer(database)) {
    const daemon = daemonOf(settingsFor(command));
    if (daemon.url === undefined) throw failure('there is no URL of a daemon: --url, RESOURCE_SHARE_URL.');
    return withKey(addressOf(daemon.url), { ...daemon, url: daemon.url });
  }
  const writer = writerOf(database);
  if (writer?.url !== undefined) return addressOfWriter(writer.url, writer.socket, access);
  throw failure(`no daemon serves ${database}; one reads its settings when it starts.`);
}
