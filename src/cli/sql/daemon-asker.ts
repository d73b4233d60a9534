/** Statements asked of the daemon, over its socket or URL. */
import type { IncomingMessage } from 'node:http';
import { addressText, type DaemonAddress, daemonFinder } from '../../client/address.js';
import { openExchange } from '../../client/http.js';
import { LedgerChanged } from '../../client/known-ledgers.js';
import { limits } from '../../limits.js';
import type { Resolved } from '../../settings/resolve.js';
import { daemonOf } from '../daemon-address.js';
import { failure } from '../exit.js';
import { refusal } from '../http-client.js';
import type { SqlAsker, SqlPage, SqlRequest } from './asker.js';

/** How long the answer may take: one statement, behind others that wait. */
const answerMsMax = 4 * limits.viewerMsMax;

const mediaTypes = { json: 'application/json', csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;

export class DaemonAsker implements SqlAsker {
  readonly #find: () => DaemonAddress;

  constructor(resolved: Resolved) {
    this.#find = daemonFinder(daemonOf(resolved));
  }

  async page(request: SqlRequest): Promise<SqlPage> {
    return JSON.parse(await textOf(await this.#ask(request, 'json'))) as SqlPage;
  }

  async explain(request: SqlRequest): Promise<readonly string[]> {
    const answer = await this.#ask({ ...request, explain: true }, 'json');
    return (JSON.parse(await textOf(answer)) as { readonly plan: readonly string[] }).plan;
  }

  async *export(request: SqlRequest, format: 'csv' | 'ndjson'): AsyncGenerator<Uint8Array> {
    const answer = await this.#ask(request, format);
    try {
      for await (const part of answer) yield part as Uint8Array;
    } catch {
      throw failure(
        'the daemon broke the answer off: it is larger than 100 MB, took longer than it may, or the daemon ended.',
      );
    }
  }

  async #ask(
    body: SqlRequest & { readonly explain?: true },
    format: keyof typeof mediaTypes,
  ): Promise<IncomingMessage> {
    const to = this.#address();
    const accept = mediaTypes[format];
    const answer = await openExchange({
      method: 'POST',
      to,
      path: 'v1/sql',
      body,
      accept,
      timeoutMs: answerMsMax,
    }).catch((error: Error) => {
      if (error instanceof LedgerChanged) throw error;
      throw failure(`the daemon at ${addressText(to)} cannot be asked: ${error.message}.`);
    });
    if (answer.statusCode === 200) return answer;
    throw refusal(answer.statusCode ?? 0, await textOf(answer));
  }

  #address(): DaemonAddress {
    try {
      return this.#find();
    } catch (error) {
      throw failure(`the daemon cannot be asked: ${(error as Error).message}.`);
    }
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of answer.setEncoding('utf8')) text += part;
  return text;
}
