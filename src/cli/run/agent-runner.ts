/** Runs of one agent: each waits for its turn, holds it, and settles it with what it used. */
import { setTimeout as wait } from 'node:timers/promises';
import {
  type ReportOutcome,
  type RunningTurn,
  type RunUsage,
  TurnClient,
  TurnError,
  type TurnRefusal,
} from '../../client/index.js';
import type { ReportingTo } from '../daemon-address.js';
import { failure, negativeResult } from '../exit.js';
import { endWithReader, remark } from '../output.js';
import { type AgentEnd, exitCodeOfSignal, passedSignals, runAgent } from './agent-process.js';
import { clientResult } from './client-result.js';
import { transcriptUses } from './session-transcript.js';
import { WaitingLine } from './waiting-line.js';

export interface AgentSettings {
  readonly to: ReportingTo;
  readonly identity: string;
  readonly command: readonly string[];
  readonly usage: 'json' | 'transcript' | 'none';
  readonly ttlSeconds: number;
  readonly model: string | undefined;
  readonly estimateMicroUsd: number | undefined;
  /** While no daemon answers: waits. */
  readonly isStrict: boolean;
  readonly timeoutMs: number;
}

interface Run {
  readonly exitCode: number;
  readonly report: ReportOutcome | null;
}

/** Where nobody has said an interval yet, and nobody can be asked. */
const intervalSecondsUnknown = 900;

/** So often a daemon that is away is looked for between two runs. */
const awayMs = 5_000;

/** Timers of node are a millisecond early at times. */
const marginMs = 5;

/** What a shell says of a command that it cannot start. */
const notFound = 127;
const notExecutable = 126;

export class AgentRunner {
  readonly #settings: AgentSettings;
  readonly #turns: TurnClient;
  readonly #line: WaitingLine;
  /** Ends the waiting. */
  readonly #stop = new AbortController();
  #stoppedBy: NodeJS.Signals | null = null;
  #child: { kill(signal: NodeJS.Signals): boolean } | null = null;
  #intervalSeconds = intervalSecondsUnknown;
  #isTold = false;
  /** When the last run began: from then its interval counts. */
  #startedAt = 0;
  /** Nobody reads what it writes any more. */
  #isUnread = false;

  constructor(settings: AgentSettings) {
    const { to, ttlSeconds, timeoutMs, isStrict, identity } = settings;
    this.#settings = settings;
    this.#line = new WaitingLine(identity);
    this.#turns = new TurnClient({
      ...to,
      ttlSeconds,
      timeoutMs,
      requestTimeoutMs: timeoutMs,
      source: 'run/1',
      ifAway: isStrict ? 'wait' : 'run',
      waitsFor: 'advice',
    });
  }

  /** Its exit code. */
  async once(): Promise<number> {
    return this.#toItsEnd(async () => (await this.#run()).exitCode);
  }

  /** Until a signal asks it to end, or its reader has gone; the exit code of the last run. */
  async everyTurn(): Promise<number> {
    return this.#toItsEnd(async () => {
      for (;;) {
        const { exitCode, report } = await this.#run();
        const isOver = this.#stoppedBy !== null || this.#isUnread;
        if (isOver || exitCode === notFound || exitCode === notExecutable) return exitCode;
        if (report?.status === 'spooled') await this.#sleepAlone();
        else await this.#sleep('Its next run is due then.', report);
      }
    });
  }

  /** What ends other verbs does not end a run: what it used is to be reported. */
  async #toItsEnd(work: () => Promise<number>): Promise<number> {
    const onError = (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.#isUnread = true;
    };
    process.stdout.off('error', endWithReader).on('error', onError);
    process.stderr.on('error', onError);
    return this.#passingSignals(work);
  }

  /** A signal is passed on while the command runs, and ends the waiting else. On a terminal Ctrl-C reaches the command by itself. */
  async #passingSignals(work: () => Promise<number>): Promise<number> {
    const handlers = passedSignals.map((signal) => {
      const handler = () => {
        this.#stoppedBy = signal;
        if (this.#child === null) this.#stop.abort();
        else if (signal !== 'SIGINT' || process.stdin.isTTY !== true) this.#child.kill(signal);
      };
      process.on(signal, handler);
      return [signal, handler] as const;
    });
    try {
      return await work();
    } catch (error) {
      if (this.#stop.signal.aborted && this.#stoppedBy !== null) return exitCodeOfSignal(this.#stoppedBy);
      // The daemon has answered, and waiting changes nothing.
      if (error instanceof TurnError)
        throw negativeResult(`${this.#settings.identity} gets no turn: ${error.message}.`);
      throw error;
    } finally {
      this.#line.end();
      for (const [signal, handler] of handlers) process.off(signal, handler);
    }
  }

  async #run(): Promise<Run> {
    const { identity, model, estimateMicroUsd } = this.#settings;
    const outcome = await this.#turns.withTurn(identity, (turn) => this.#hold(turn), {
      model,
      estimate_micro_usd: estimateMicroUsd,
      signal: this.#stop.signal,
      onWait: (why, seconds) => this.#line.show(reasonOf(why), seconds),
    });
    if (outcome.status !== 'run') throw failure(`${identity} does not run: ${outcome.status}.`);
    const { report, result } = outcome;
    this.#tell(report);
    return { exitCode: result, report };
  }

  /** While it has the turn. */
  async #hold(turn: RunningTurn): Promise<number> {
    this.#line.end();
    const { identity, command, usage } = this.#settings;
    if (turn.away !== null)
      remark(`${identity} runs without a turn: ${turn.away.message}. What it uses is reported later.`);
    const onLost = () => {
      if (!this.#stop.signal.aborted) remark(`${identity} runs on without its turn: ${turn.signal.reason?.message}.`);
    };
    turn.signal.addEventListener('abort', onLost, { once: true });
    const startedAt = Date.now();
    this.#startedAt = performance.now();
    // An interactive client needs the terminal: then its transcript is found by the folder.
    const readsOutput = usage === 'json' || (usage === 'transcript' && process.stdout.isTTY !== true);
    try {
      const end = await runAgent({
        command,
        identity,
        readsOutput,
        onStart: (child) => {
          this.#child = child;
        },
      });
      turn.used({}, this.#usesOf(end, startedAt));
      return end.exitCode;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'EACCES') throw error;
      remark(
        `${command[0]} cannot be run: ${code === 'ENOENT' ? 'there is no such command' : 'it is not executable'}.`,
      );
      return code === 'ENOENT' ? notFound : notExecutable;
    } finally {
      this.#child = null;
      turn.signal.removeEventListener('abort', onLost);
    }
  }

  #usesOf({ output }: AgentEnd, startedAt: number): readonly RunUsage[] {
    const { usage, identity } = this.#settings;
    if (usage === 'none') return [];
    const result = clientResult(output);
    if (usage === 'transcript') {
      const uses = transcriptUses({ identity, session: result?.session ?? null, startedAt });
      if (uses !== null) return uses;
    }
    if (result === null) remark(`What this run of ${identity} used is not known: ${missing[usage]}.`);
    return result?.uses ?? [];
  }

  #tell(report: ReportOutcome | null): void {
    const { identity } = this.#settings;
    if (report?.status === 'rejected')
      remark(`The report of ${identity} was rejected (${report.code}): ${report.detail}.`);
    else if (report?.status === 'spooled')
      remark(`The report of ${identity} is safe in the spool: ${report.cause.message}. The next one takes it along.`);
  }

  /**
   * While no daemon answers, its last interval counts. What waits in the spool goes with the next report: sent before the next turn is
   * asked for, it would look as if it had just been used, and the agent would wait a second time. One that was told no interval yet
   * looks for a daemon that says.
   */
  async #sleepAlone(): Promise<void> {
    const endMs = this.#startedAt + this.#intervalSeconds * 1_000 + marginMs;
    const left = () => endMs - performance.now();
    while (left() > 0) {
      this.#line.show('No daemon answers; its last interval counts.', left() / 1_000);
      const stepMs = this.#isTold ? left() : Math.min(left(), awayMs);
      await wait(stepMs, undefined, { signal: this.#stop.signal });
      if (!this.#isTold && (await this.#turns.flush()).accepted > 0) break;
    }
    this.#line.end();
  }

  async #sleep(why: string, report: ReportOutcome | null = null): Promise<void> {
    const advice = report !== null && 'advice' in report ? report.advice : undefined;
    this.#intervalSeconds = advice?.interval_s ?? this.#intervalSeconds;
    this.#isTold ||= advice !== undefined;
    const sinceStartMs = performance.now() - this.#startedAt;
    const leftMs = Math.max(0, this.#intervalSeconds * 1_000 - sinceStartMs);
    const pauseMs = Math.min(leftMs, (advice?.recheck_after_s ?? this.#intervalSeconds) * 1_000);
    this.#line.show(advice?.reason ?? why, pauseMs / 1_000);
    await wait(pauseMs + marginMs, undefined, { signal: this.#stop.signal });
    this.#line.end();
  }
}

const missing = {
  json: 'its stdout ends with no result of --output-format json',
  transcript: 'no transcript, or more than one, was written to meanwhile',
} as const;

const reasonOf = (why: TurnRefusal | Error): string => (why instanceof Error ? `${why.message}.` : why.reason);
