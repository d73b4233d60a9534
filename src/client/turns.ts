/**
 * Running an agent in turns: asks whether it may run, waits until it may, holds the turn while it runs, and settles it
 * with what it used.
 *
 *     const turns = new TurnClient({ data: '/var/lib/resource-share', spool: '/var/lib/agent/spool' });
 *     await turns.withTurn('Ada', async (turn) => {
 *       const { cost } = await work(turn.signal);
 *       turn.used({ cost_micro_usd: cost });
 *     });
 *
 * What was used is never lost: it is on disk before it is sent, and where the turn is gone by then it is reported
 * without it. While the daemon is away the agent runs without a turn, unless `ifAway` says that it waits.
 */
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { monotonicFactory } from 'ulid';
import { daemonFinder } from './address.js';
import { backoffMs, defaultBackoff } from './backoff.js';
import { defaultTimeoutMs, named, type ReporterSettings, type ReportOutcome, UsageReporter } from './reporter.js';
import {
  askTurn,
  type HeldTurn,
  releaseTurn,
  renewTurn,
  type TurnAnswer,
  type TurnRefusal,
  type TurnRequest,
  type TurnServer,
} from './turn-requests.js';
import type { RunUsage, TurnUsage, Usage } from './usage.js';

export interface TurnSettings extends ReporterSettings {
  /** Where the agent runs; this host and process when left out. */
  readonly instance?: TurnRequest['instance'];
  /** Seconds a turn is held without being renewed; it is renewed every third of them. Default 300. */
  readonly ttlSeconds?: number | undefined;
  /** How long `withTurn` waits for a turn at most. Default: until there is one. */
  readonly waitMsMax?: number | undefined;
  /** How long a run may take until its signal is aborted and its turn no longer renewed. Default: as long as it takes. */
  readonly runMsMax?: number | undefined;
  /** While no daemon answers within `timeoutMs`: run without a turn (the default), or go on waiting. */
  readonly ifAway?: 'run' | 'wait' | undefined;
  /**
   * For what it waits: only until a turn is granted (`turn`, the default), or, where turns are granted to everybody, also until the
   * answer would be yes if they were not (`advice`).
   */
  readonly waitsFor?: 'turn' | 'advice' | undefined;
  /** How it waits; only tests set it. */
  readonly sleep?: ((milliseconds: number, signal: AbortSignal | undefined) => Promise<unknown>) | undefined;
}

export interface TurnOptions {
  readonly estimate_micro_usd?: number | undefined;
  readonly model?: string | undefined;
  /** Ends waiting for a turn; aborts the signal of the run. */
  readonly signal?: AbortSignal | undefined;
  /** Is told, before it waits, why, and for how many seconds: it may not run, or no daemon answers. */
  readonly onWait?: ((why: TurnRefusal | Error, seconds: number) => void) | undefined;
}

/** What a run knows of its turn. */
export interface RunningTurn {
  /** Null: no daemon answered, so it runs without one. */
  readonly id: string | null;
  /** Why it runs without a turn. */
  readonly away: Error | null;
  /** Aborted when the turn was lost to another holder, the run takes too long, or the caller gave up. */
  readonly signal: AbortSignal;
  /**
   * Says what the run has used so far, all of it; the last word counts. `parts` are uses that have a meter: they are reported under
   * the turn before `usage` settles it.
   */
  used(usage: TurnUsage, parts?: readonly RunUsage[]): void;
}

export type TurnOutcome<T> =
  /** It ran. `report` is null where it used nothing: then the turn was given back. */
  | { readonly status: 'run'; readonly result: T; readonly turn: string | null; readonly report: ReportOutcome | null }
  /** It did not: the time to wait was up before it might run. */
  | ({ readonly status: 'denied' } & TurnRefusal)
  | { readonly status: 'away'; readonly cause: Error };

type Granted = Extract<TurnAnswer, { status: 'granted' }>;

interface RunUse {
  readonly usage: TurnUsage;
  readonly parts: readonly RunUsage[];
}

const ttlSecondsDefault = 300;
const nextKey = monotonicFactory();

export class TurnClient {
  readonly #settings: TurnSettings;
  readonly #server: TurnServer;
  readonly #reporter: UsageReporter;

  /** Throws a `TypeError` when the daemon is not named, or `url` is none. */
  constructor(settings: TurnSettings) {
    this.#settings = settings;
    this.#reporter = new UsageReporter(settings);
    const { pool, requestTimeoutMs = defaultTimeoutMs } = settings;
    this.#server = { daemon: daemonFinder(named(settings)), pool, requestTimeoutMs };
  }

  /**
   * Runs `run` in a turn of the agent `name`. What `run` throws is thrown after its turn has ended; so is a `TurnError`
   * where the daemon will never grant one, and a `SpoolError` where what was used could not be kept.
   */
  async withTurn<T>(
    name: string,
    run: (turn: RunningTurn) => Promise<T>,
    options: TurnOptions = {},
  ): Promise<TurnOutcome<T>> {
    const asked = await this.#await(name, options);
    if (asked.status === 'denied') {
      const { cause, reason, retry_after_s, blocked_by } = asked;
      return { status: 'denied', cause, reason, retry_after_s, blocked_by };
    }
    if (asked.status === 'away' && this.#settings.ifAway === 'wait') return { status: 'away', cause: asked.cause };
    return this.#run(name, asked, run, options);
  }

  /** Sends what is spooled. */
  flush(): ReturnType<UsageReporter['flush']> {
    return this.#reporter.flush();
  }

  /** Asks until there is a turn, or it makes no sense to wait any longer. */
  async #await(name: string, { signal, onWait, ...options }: TurnOptions): Promise<TurnAnswer> {
    const { waitMsMax = Number.POSITIVE_INFINITY } = this.#settings;
    const deadline = Date.now() + waitMsMax;
    const request = { name, ...options, instance: this.#instance, ttl_s: this.#ttlSeconds };
    for (;;) {
      const asked = await this.#heed(await this.#ask(request, deadline, { signal, onWait }));
      if (asked.status !== 'denied') return asked;
      // It may be the turn of an earlier run, whose report waits in the spool.
      if (asked.cause === 'another-instance' && (await this.#reporter.flush()).accepted > 0) continue;
      const pause = Math.min(asked.retry_after_s, asked.recheck_after_s ?? asked.retry_after_s) * 1_000;
      if (Date.now() + pause > deadline) return asked;
      onWait?.(asked, asked.retry_after_s);
      await this.#sleep(pause, signal);
    }
  }

  /** Who waits for the advice gives a turn back that it got against that. */
  async #heed(asked: TurnAnswer): Promise<TurnAnswer> {
    if (this.#settings.waitsFor !== 'advice' || asked.status !== 'granted') return asked;
    const { would_deny: refusal, advice } = asked;
    if (refusal === undefined) return asked;
    await releaseTurn(this.#server, asked, `it waits: ${refusal.cause}`);
    return { status: 'denied', ...refusal, recheck_after_s: advice.recheck_after_s ?? null };
  }

  /** One question, asked again under its key for as long as no daemon answers it. */
  async #ask(
    request: TurnRequest,
    deadline: number,
    { signal, onWait }: Pick<TurnOptions, 'signal' | 'onWait'>,
  ): Promise<TurnAnswer> {
    const { ifAway = 'run', timeoutMs = defaultTimeoutMs, backoff = defaultBackoff } = this.#settings;
    const giveUpAt = ifAway === 'wait' ? deadline : Math.min(deadline, Date.now() + timeoutMs);
    const key = nextKey();
    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted();
      const asked = await askTurn(this.#server, request, key);
      if (asked.status !== 'away') return asked;
      const pause = backoffMs(attempt, backoff, asked.retryAfterMs);
      if (Date.now() + pause >= giveUpAt) return asked;
      onWait?.(asked.cause, pause / 1_000);
      await this.#sleep(pause, signal);
    }
  }

  async #run<T>(
    name: string,
    asked: Exclude<TurnAnswer, { status: 'denied' }>,
    run: (turn: RunningTurn) => Promise<T>,
    { signal, model }: TurnOptions,
  ): Promise<TurnOutcome<T>> {
    const granted = asked.status === 'granted' ? asked : null;
    const lost = new AbortController();
    const over = new AbortController();
    const { runMsMax } = this.#settings;
    const ends = [lost.signal, ...(signal === undefined ? [] : [signal])];
    if (runMsMax !== undefined) ends.push(AbortSignal.timeout(runMsMax));
    const ended = AbortSignal.any(ends);
    let use: RunUse | null = null;
    const used = (usage: TurnUsage, parts: readonly RunUsage[] = []) => {
      use = { usage, parts };
    };
    const renewing = granted === null ? null : this.#renew(granted, lost, AbortSignal.any([over.signal, ended]));
    try {
      const result = await run({
        id: granted?.turn ?? null,
        away: asked.status === 'away' ? asked.cause : null,
        signal: ended,
        used,
      });
      over.abort();
      await renewing;
      const report = await this.#end(name, granted, model, use, 'nothing was used');
      return { status: 'run', result, turn: granted?.turn ?? null, report };
    } catch (error) {
      if (!over.signal.aborted) {
        over.abort();
        await renewing;
        await this.#end(name, granted, model, use, 'the run failed');
      }
      throw error;
    }
  }

  /** Renews until the run is over. A daemon that is away is asked again; one that says no has given the turn away. */
  async #renew(held: Granted, lost: AbortController, over: AbortSignal): Promise<void> {
    const everyMs = (held.ttl_s * 1_000) / 3;
    while (
      await this.#sleep(everyMs, over).then(
        () => !over.aborted,
        () => false,
      )
    ) {
      const renewed = await renewTurn(this.#server, held);
      if (renewed.status !== 'lost') continue;
      lost.abort(new Error(`the turn ${held.turn} is lost: ${renewed.code}`));
      return;
    }
  }

  async #end(
    name: string,
    held: HeldTurn | null,
    model: string | undefined,
    use: RunUse | null,
    reason: string,
  ): Promise<ReportOutcome | null> {
    if (use === null) {
      if (held !== null) await releaseTurn(this.#server, held, reason);
      return null;
    }
    const reportOf = (usage: RunUsage): Usage => ({
      model,
      instance: this.#instance,
      mode: 'autonomy',
      ...usage,
      name,
    });
    return this.#reporter.settle(held, reportOf(use.usage), use.parts.map(reportOf));
  }

  get #instance() {
    return this.#settings.instance ?? { host: hostname(), pid: process.pid };
  }

  get #ttlSeconds(): number {
    return this.#settings.ttlSeconds ?? ttlSecondsDefault;
  }

  #sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<unknown> {
    const { sleep } = this.#settings;
    return sleep === undefined ? longWait(milliseconds, signal) : sleep(milliseconds, signal);
  }
}

/** A timer of node's holds at most this long. */
const timerMsMax = 2_147_483_647;

async function longWait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  for (let left = milliseconds; left > 0; left -= timerMsMax) {
    await wait(Math.min(left, timerMsMax), undefined, { signal });
  }
}
