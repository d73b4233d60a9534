/**
 * The reference client: reports what an agent used, at least once, and learns when it should run again.
 *
 *     const reporter = new UsageReporter({ data: '/var/lib/resource-share', spool: '/var/lib/agent/spool' });
 *     const outcome = await reporter.report({ name: 'Ada', mode: 'autonomy', cost_micro_usd: 125_000 });
 *
 * A report is on disk before it is sent, and stays there until the daemon has acknowledged it. A report that is sent
 * twice counts once. While the daemon is away, `report` answers `spooled`, and the next one takes it along.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type DaemonFinder, type DaemonName, daemonFinder } from './address.js';
import { type BackoffSettings, defaultBackoff } from './backoff.js';
import { LedgerMemory } from './ledger-memory.js';
import { type SendFailure, type SentOutcome, sendSpool } from './sender.js';
import { defaultSpoolLimits, Spool, type SpooledReport, type SpoolLimits } from './spool.js';
import type { HeldTurn } from './turn-requests.js';
import type { ReportAdvice, Usage } from './usage.js';

export interface ReporterSettings extends DaemonName {
  /** Directory of the spool; it is made when it is missing. */
  readonly spool: string;
  /** How long `report` and `flush` go on trying. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** How long one request may take. Default 10 s. */
  readonly requestTimeoutMs?: number | undefined;
  /** Name and version of the program that reports. */
  readonly source?: string | undefined;
  readonly backoff?: BackoffSettings | undefined;
  readonly spoolLimits?: SpoolLimits | undefined;
  /**
   * File in which it keeps what it was told, and the newest checkpoint that it verified: a ledger that was rolled back, rewritten or
   * exchanged gets no report then. Left out, nothing is kept, and it is not noticed; with an API key, its own key is kept in the spool.
   */
  readonly knownLedgers?: string | undefined;
  /** How often the ledger is to prove that it is the one that was known. Default 60 s. */
  readonly checkMsEvery?: number | undefined;
}

export type ReportOutcome =
  /** In the ledger; `repeated` when an earlier attempt had got there. */
  | {
      readonly status: 'recorded' | 'repeated';
      readonly key: string;
      readonly seq?: number | undefined;
      readonly id?: string | undefined;
      readonly hash?: string | undefined;
      readonly advice?: ReportAdvice | undefined;
    }
  /** Never to be accepted: moved to the `rejected` directory of the spool. */
  | { readonly status: 'rejected'; readonly key: string; readonly code: string; readonly detail: string }
  /** Safe on disk, not delivered yet. */
  | { readonly status: 'spooled'; readonly key: string; readonly waiting: number; readonly cause: SendFailure };

export interface FlushOutcome {
  readonly accepted: number;
  readonly rejected: number;
  readonly waiting: number;
  /** Why reports are still waiting; null when none is. */
  readonly cause: SendFailure | null;
}

export const defaultTimeoutMs = 10_000;
export const defaultSource = 'resource-share-client/1';

/** Who shows a key knows to whom: beside the spool, where nothing else is said. */
export const named = (settings: ReporterSettings): DaemonName =>
  settings.key === undefined || settings.knownLedgers !== undefined
    ? settings
    : { ...settings, knownLedgers: join(settings.spool, 'known-ledgers.json') };

export class UsageReporter {
  readonly #settings: ReporterSettings;
  readonly #daemon: DaemonFinder;
  readonly #spool: Spool;
  readonly #memory: LedgerMemory | undefined;
  /** One report after the other, so that the counters of a session arrive in the order they were read. */
  #last: Promise<unknown> = Promise.resolve();

  /** Throws a `TypeError` when the daemon is not named, or `url` is none. */
  constructor(settings: ReporterSettings) {
    this.#settings = settings;
    this.#daemon = daemonFinder(named(settings));
    this.#spool = new Spool(settings.spool, settings.spoolLimits ?? defaultSpoolLimits);
    const { knownLedgers: path, data, url = '', ledgerKey: key, checkMsEvery } = settings;
    if (path !== undefined) this.#memory = new LedgerMemory({ path, name: data ?? url, key, checkMsEvery });
  }

  /** Spools, then sends. Throws a `SpoolError` when the report could not be kept; nothing was sent then. */
  report(usage: Usage, occurredAt = new Date()): Promise<ReportOutcome> {
    return this.#next(() => this.#report(usage, occurredAt));
  }

  /**
   * As `report`, for a run: what was used under its turn (`parts`), and then `usage`, which ends the turn. Where the turn is gone, the
   * reports stand by themselves; so they do where there was none.
   */
  settle(
    held: HeldTurn | null,
    usage: Usage,
    parts: readonly Usage[] = [],
    occurredAt = new Date(),
  ): Promise<ReportOutcome> {
    return this.#next(async () => {
      for (const part of parts) {
        await this.#spool.add(this.#reportOf({ ...part, turn: held?.turn ?? part.turn }, occurredAt));
      }
      return this.#report(usage, occurredAt, held === null ? undefined : { turn: held.turn, token: held.token });
    });
  }

  /** Sends what is spooled. */
  flush(): Promise<FlushOutcome> {
    return this.#next(async () => {
      await this.#spool.sweep();
      const { outcomes, stopped } = await this.#send();
      const rejected = [...outcomes.values()].filter(({ status }) => status === 'rejected').length;
      const waiting = (await this.#spool.keys()).length;
      return { accepted: outcomes.size - rejected, rejected, waiting, cause: waiting > 0 ? stopped : null };
    });
  }

  async #report(usage: Usage, occurredAt: Date, turn?: HeldTurn): Promise<ReportOutcome> {
    const { key } = await this.#spool.add({ ...this.#reportOf(usage, occurredAt), turn });
    const { outcomes, stopped } = await this.#send(key);
    // Not while something is wrong: what was acknowledged is to be at hand then.
    if (stopped === null && this.#memory !== undefined) await this.#spool.sweepPending();
    const outcome = outcomes.get(key);
    if (outcome !== undefined) return ownOutcome(key, outcome);
    const waiting = await this.#spool.keys();
    if (stopped !== null && waiting.includes(key)) {
      return { status: 'spooled', key, waiting: waiting.length, cause: stopped };
    }
    // Another process that shares the spool has delivered it, and had the answer.
    const reason = await this.#spool.rejection(key);
    return reason === null ? { status: 'recorded', key } : { status: 'rejected', key, ...reason };
  }

  #reportOf(usage: Usage, occurredAt: Date): Omit<SpooledReport, 'key'> {
    const { pool, source = defaultSource } = this.#settings;
    const instance = usage.instance ?? { host: hostname() };
    return { pool, occurred_at: occurredAt.toISOString(), source, usage: { ...usage, instance } };
  }

  #send(asking?: string) {
    const {
      requestTimeoutMs = defaultTimeoutMs,
      timeoutMs = defaultTimeoutMs,
      backoff = defaultBackoff,
    } = this.#settings;
    return sendSpool(
      this.#spool,
      { daemon: this.#daemon, memory: this.#memory, requestTimeoutMs, backoff, asking },
      Date.now() + timeoutMs,
    );
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }
}

function ownOutcome(key: string, outcome: SentOutcome): ReportOutcome {
  if (outcome.status === 'rejected') {
    return { status: 'rejected', key, code: outcome.code, detail: outcome.detail };
  }
  const { status, seq, id, hash, advice } = outcome;
  return { status, key, seq, id, hash, advice };
}
