/** Appending through the daemon that has the data directory, over its HTTP API. */

import { createInterface } from 'node:readline';
import { addressText, type DaemonAddress } from '../client/address.js';
import { exchange, type HttpRequest, openExchange } from '../client/http.js';
import { LedgerChanged } from '../client/known-ledgers.js';
import type { LedgerOptions } from '../daemon/open-ledger.js';
import type { Report } from '../intake/report.js';
import type { SinkOutcome } from '../intake/sink.js';
import { unknownPool } from '../ledger/view.js';
import { Problem, type ProblemCode, problems } from '../problems.js';
import type { ReplayReport } from '../replay/replay.js';
import type { ReplayProgress } from '../replay/replay-run.js';
import { defaultPoolName } from '../settings/default-pool.js';
import { postReports } from './collect/post-reports.js';
import { endOfJob } from './end-of-job.js';
import { CliExit, exitCodeOfStatus, failure } from './exit.js';
import {
  type ClockState,
  type CommandText,
  type JobAnswer,
  type LedgerClient,
  type RecordResult,
  source,
} from './ledger-client.js';
import { withEngine } from './open-view.js';
import { poolTimeZone } from './pool-time-zone.js';

const answerMsMax = 30_000;
/** Between two lines of a replay's progress; comparing large tables takes a while. */
const replaySilenceMsMax = 600_000;

interface ClockAnswer {
  readonly state: ClockState['state'];
  readonly log_time: string;
  readonly detail: string | null;
}

type AcceptAnswer =
  | { readonly corrected: false }
  | { readonly corrected: true; readonly from: string; readonly to: string };

type ReplayLine =
  | ({ readonly kind: 'progress' } & ReplayProgress)
  | { readonly kind: 'done'; readonly report: ReplayReport }
  | { readonly kind: 'failed'; readonly code: ProblemCode; readonly detail: string };

export class HttpClient implements LedgerClient {
  readonly #to: DaemonAddress;
  readonly #pool: string | null;

  private constructor(to: DaemonAddress, pool: string | null) {
    this.#to = to;
    this.#pool = pool;
  }

  static async open(options: LedgerOptions, to: DaemonAddress, pool: string | null): Promise<HttpClient> {
    if (pool !== null) {
      const known = (await withEngine(options, (engine) => engine.pools())).map((record) => record.pool as string);
      if (!known.includes(pool)) throw unknownPool(pool, known);
    }
    return new HttpClient(to, pool);
  }

  async timeZone(): Promise<string> {
    return poolTimeZone(() => this.#to, this.#pool ?? defaultPoolName, answerMsMax);
  }

  async record(command: CommandText, ask = true): Promise<RecordResult> {
    const query = new URLSearchParams();
    if (this.#pool !== null) query.set('pool', this.#pool);
    if (!ask) query.set('ask', 'false');
    return (await this.#post(`v1/events?${query}`, { source, ...command })) as RecordResult;
  }

  async recordAll(reports: readonly Report[], as: string, signal?: AbortSignal): Promise<readonly SinkOutcome[]> {
    return postReports({ daemon: () => this.#to, pool: this.#pool, signal }, reports, as);
  }

  async addPool(pool: string, timeZone: string | undefined): Promise<void> {
    await this.#post('v1/pools', { pool, time_zone: timeZone });
  }

  async *replay(projections: readonly string[]): AsyncGenerator<ReplayProgress, ReplayReport> {
    const body = projections.length === 0 ? {} : { projections };
    const accept = 'application/x-ndjson';
    const answer = await openExchange({
      method: 'POST',
      to: this.#to,
      path: 'v1/replay',
      body,
      accept,
      timeoutMs: replaySilenceMsMax,
    }).catch((error: Error) => this.#unreachable(error));
    if (answer.statusCode !== 200) {
      let text = '';
      for await (const part of answer.setEncoding('utf8')) text += part;
      throw refusal(answer.statusCode ?? 0, text);
    }
    for await (const line of createInterface({ input: answer })) {
      const message = JSON.parse(line) as ReplayLine;
      if (message.kind === 'progress') yield message;
      else if (message.kind === 'failed') throw new Problem(message.code, message.detail);
      else return message.report;
    }
    throw failure(`the daemon at ${addressText(this.#to)} broke off the replay.`);
  }

  async clock(): Promise<ClockState> {
    const said = (await this.#get('v1/clock')) as ClockAnswer;
    return { state: said.state, logTime: Date.parse(said.log_time), detail: said.detail };
  }

  async acceptClock(reason: string | undefined): Promise<{ from: number; to: number } | null> {
    const said = (await this.#post('v1/clock/accept', { reason })) as AcceptAnswer;
    return said.corrected ? { from: Date.parse(said.from), to: Date.parse(said.to) } : null;
  }

  aboutTurns(path: string, body?: object): Promise<unknown> {
    const query = new URLSearchParams(this.#pool === null ? {} : { pool: this.#pool });
    const own = `${path}${path.includes('?') ? '&' : '?'}${query}`;
    return body === undefined ? this.#get(own) : this.#post(own, body);
  }

  aboutAlerts(path: string, body?: object): Promise<unknown> {
    return this.aboutTurns(path, body);
  }

  runWatchdog(): Promise<unknown> {
    return this.#post('v1/watchdog', {});
  }

  ask(path: string, body?: object): Promise<unknown> {
    return body === undefined ? this.#get(path) : this.#post(path, body);
  }

  async runJob(request: object): Promise<JobAnswer> {
    const { id } = (await this.#post('v1/jobs', request)) as { readonly id: string };
    return endOfJob(async () => (await this.#get(`v1/jobs/${id}`)) as JobAnswer);
  }

  async close(): Promise<void> {}

  #post(path: string, body: object): Promise<unknown> {
    return this.#ask({ method: 'POST', path, body });
  }

  #get(path: string): Promise<unknown> {
    return this.#ask({ method: 'GET', path });
  }

  async #ask(request: Pick<HttpRequest, 'method' | 'path' | 'body'>): Promise<unknown> {
    const answer = await exchange({ ...request, to: this.#to, timeoutMs: answerMsMax }).catch((error: Error) =>
      this.#unreachable(error),
    );
    if (answer.status >= 200 && answer.status < 300) return answer.text === '' ? {} : JSON.parse(answer.text);
    throw refusal(answer.status, answer.text);
  }

  #unreachable(error: Error): never {
    if (error instanceof LedgerChanged) throw error;
    throw failure(`the daemon at ${addressText(this.#to)} has the ledger, but cannot be asked: ${error.message}.`);
  }
}

/** A problem document as the problem it is; one of a newer daemon keeps its meaning through its status. */
export function refusal(status: number, text: string): Error {
  const document = parsedJson(text) as { code?: unknown; detail?: unknown } | undefined;
  if (document === undefined) return failure(`the daemon answered ${status}.`);
  const { code = '', detail = `the daemon answered ${status}` } = document;
  if (Object.hasOwn(problems, String(code))) return new Problem(code as ProblemCode, String(detail));
  return new CliExit(exitCodeOfStatus(status), String(detail));
}

/** Undefined where it is no JSON. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
