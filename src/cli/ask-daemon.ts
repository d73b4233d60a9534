/** Asks the daemon, and nobody else: for verbs that are about the daemon itself. */
import { daemonFinder } from '../client/address.js';
import { exchange } from '../client/http.js';
import type { Resolved } from '../settings/resolve.js';
import { daemonOf } from './daemon-address.js';

export interface DaemonAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whoever asks knows what the route answers
  readonly body: any;
}

export type AskDaemon = (path: string, timeoutMs?: number) => Promise<DaemonAnswer>;

const answerMsMax = 5_000;

/** Rejects with why it cannot be reached, as a clause. The daemon is looked for at each question: one that comes back is found. */
export function askDaemon(resolved: Resolved): AskDaemon {
  const find = daemonFinder(daemonOf(resolved));
  return async (path, timeoutMs = answerMsMax) => {
    const { status, text, headers } = await exchange({ method: 'GET', to: find(), path, timeoutMs });
    return { status, body: /json/.test(String(headers['content-type'])) ? JSON.parse(text) : text };
  };
}
