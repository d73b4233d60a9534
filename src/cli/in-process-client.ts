/** Appending in this process: while no daemon has the data directory, or as one more process on a server. */

import { type LedgerOptions, openLedger } from '../daemon/open-ledger.js';
import { timeZone as timeZoneSchema } from '../events/catalogue/pool.js';
import { type Command, parseCommand, parseWith } from '../events/command.js';
import { type PoolId, poolId } from '../events/scalars.js';
import { directSink } from '../intake/direct-sink.js';
import type { Report } from '../intake/report.js';
import type { SinkOutcome } from '../intake/sink.js';
import type { WorkOptions } from '../jobs/work.js';
import { type ClockCorrection, doubtText } from '../ledger/clock-alerts.js';
import type { Ledger } from '../ledger/ledger.js';
import { unknownPool } from '../ledger/view.js';
import { Problem } from '../problems.js';
import type { ReplayReport } from '../replay/replay.js';
import type { ReplayProgress } from '../replay/replay-run.js';
import { redacted } from '../settings/database.js';
import { defaultPoolName } from '../settings/default-pool.js';
import { StorageError } from '../storage-error.js';
import {
  type ClockState,
  type CommandText,
  type JobAnswer,
  type LedgerClient,
  type RecordResult,
  source,
} from './ledger-client.js';
import { remark } from './output.js';

const origin = { actor: 'local', source };

export class InProcessClient implements LedgerClient {
  readonly #ledger: Ledger;
  readonly #alerts: LedgerOptions['alerts'];
  readonly #pool: PoolId | null;
  readonly #webhookHosts: string | undefined;
  readonly #work: WorkOptions;

  private constructor(ledger: Ledger, { alerts, webhookHosts, work = {} }: LedgerOptions, pool: PoolId | null) {
    this.#ledger = ledger;
    this.#alerts = alerts;
    this.#pool = pool;
    this.#webhookHosts = webhookHosts;
    this.#work = work;
  }

  /** Null when another process took the data directory a moment ago. */
  static async open(options: LedgerOptions, pool: string | null): Promise<InProcessClient | null> {
    const ledger = await openLedger(options).catch(nullWhenLocked);
    if (ledger === null) return null;
    try {
      return new InProcessClient(ledger, options, pool === null ? null : await poolOf(ledger, options.database, pool));
    } catch (error) {
      await ledger.close();
      throw error;
    }
  }

  async timeZone(): Promise<string> {
    return this.#ledger.state(this.#knownPool).timeZone;
  }

  async record(command: CommandText, ask?: boolean): Promise<RecordResult> {
    const outcome = await this.#ledger.submitOne(this.#knownPool, parseCommand(command, origin), ask);
    if (outcome.status === 'rejected') throw new Problem(outcome.code, outcome.detail);
    return { status: outcome.status, ...outcome.receipt, advice: outcome.advice, notes: outcome.notes };
  }

  recordAll(reports: readonly Report[], as: string): Promise<readonly SinkOutcome[]> {
    const submit = (commands: readonly Command[]) => this.#ledger.submit(this.#knownPool, { commands, advise: false });
    return directSink(submit, { ...origin, source: as })(reports);
  }

  get #knownPool(): PoolId {
    if (this.#pool === null) throw new Error('this client was opened for no pool');
    return this.#pool;
  }

  async addPool(pool: string, timeZone: string | undefined): Promise<void> {
    const zone = timeZone === undefined ? undefined : parseWith(timeZoneSchema, timeZone, 'time_zone');
    await this.#ledger.addPool(parseWith(poolId, pool, 'pool'), zone);
    await this.#ledger.adoptMethod();
  }

  replay(projections: readonly string[]): AsyncGenerator<ReplayProgress, ReplayReport> {
    return this.#ledger.replay({ projections });
  }

  async clock(): Promise<ClockState> {
    const { clockDoubt: doubt } = this.#ledger;
    const detail = doubt === null ? null : doubtText(doubt);
    return { state: doubt === null ? 'confirmed' : 'suspect', logTime: this.#ledger.now(), detail };
  }

  acceptClock(reason: string | undefined): Promise<ClockCorrection | null> {
    return this.#ledger.acceptClock(reason);
  }

  aboutTurns(path: string, body?: object): Promise<unknown> {
    return this.#ask(`${path}${path.includes('?') ? '&' : '?'}pool=${encodeURIComponent(this.#knownPool)}`, body);
  }

  aboutAlerts(path: string, body?: object): Promise<unknown> {
    return this.aboutTurns(path, body);
  }

  runWatchdog(): Promise<unknown> {
    return this.#ask('v1/watchdog', {});
  }

  ask(path: string, body?: object): Promise<unknown> {
    return this.#ask(path, body);
  }

  async runJob(request: object): Promise<JobAnswer> {
    const { runJobHere } = await import('./run-job.js');
    const { id } = (await this.#ask('v1/jobs', request)) as { readonly id: string };
    const { kind } = request as { readonly kind: string };
    const { Work } = await import('../jobs/work.js');
    return runJobHere(this.#ledger, new Work(this.#ledger, this.#work), kind, id);
  }

  /** The routes are asked without a network between. */
  async #ask(path: string, body?: object): Promise<unknown> {
    const { buildServer } = await import('../api/server.js');
    const { Outbox } = await import('../outbox/outbox.js');
    const { refusal } = await import('./http-client.js');
    const { watchdogOf } = await import('../daemon/watchdog.js');
    const { Work } = await import('../jobs/work.js');
    const parts = {
      watchdog: watchdogOf(this.#ledger, { alerts: this.#alerts }),
      outbox: new Outbox(this.#ledger, { allowHosts: this.#webhookHosts }),
      work: new Work(this.#ledger, this.#work),
    };
    const app = buildServer(this.#ledger, { log: { level: 'silent' }, isPrivate: true, ...parts });
    try {
      const url = `/${path}`;
      const headers = { host: 'localhost' };
      const answer = await app.inject(
        body === undefined ? { method: 'GET', url, headers } : { method: 'POST', url, headers, payload: body },
      );
      if (answer.statusCode >= 300) throw refusal(answer.statusCode, answer.body);
      return answer.json();
    } finally {
      await app.close();
    }
  }

  close(): Promise<void> {
    return this.#ledger.close();
  }
}

function nullWhenLocked(error: unknown): null {
  if (error instanceof StorageError && error.reason === 'locked') return null;
  throw error;
}

async function poolOf(ledger: Ledger, database: string, name: string): Promise<PoolId> {
  if (ledger.hasPool(name)) return name as PoolId;
  if (name !== defaultPoolName) throw unknownPool(name, ledger.poolNames);
  await ledger.addPool(name as PoolId);
  await ledger.adoptMethod();
  remark(`A new ledger in ${redacted(database)}: pool ${name}, days in ${ledger.settings.timeZone}.`);
  return name as PoolId;
}
