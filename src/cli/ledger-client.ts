/** What verbs that append ask of the ledger, wherever it is open: in this process, or in a daemon. */
import type { Advice } from '../events/advice.js';
import type { Report } from '../intake/report.js';
import type { SinkOutcome } from '../intake/sink.js';
import type { ReplayReport } from '../replay/replay.js';
import type { ReplayProgress } from '../replay/replay-run.js';

/** A command as it is sent over the wire. */
export interface CommandText {
  readonly type: string;
  readonly payload: object;
  /** Milliseconds UTC. */
  readonly occurred_at?: number | undefined;
  readonly key?: string | undefined;
}

/** `repeated` without a `seq`: it was so already. */
export interface RecordResult {
  readonly status: 'recorded' | 'repeated';
  readonly seq?: number | undefined;
  readonly id?: string | undefined;
  readonly hash?: string | undefined;
  readonly advice?: Advice | undefined;
  /** What it brought about beside what was asked, in words. */
  readonly notes?: readonly string[] | undefined;
}

export interface ClockState {
  readonly state: 'confirmed' | 'unconfirmed' | 'suspect';
  /** Milliseconds UTC. */
  readonly logTime: number;
  readonly detail: string | null;
}

/** Whether maintenance goes on, as the API says it. */
export interface MaintenanceAnswer {
  readonly maintenance: { readonly since: string; readonly until: string; readonly reason: string | null } | null;
}

/** A job as the API shows it. */
export interface JobAnswer {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly attempts: number;
  readonly attempts_max: number;
  readonly run_at: string;
  readonly cancel_at: string | null;
  readonly finished_at: string | null;
  readonly error: string | null;
  readonly result: unknown;
  readonly lines: readonly string[];
}

export interface LedgerClient {
  /** The zone that the days of the pool are cut in. */
  timeZone(): Promise<string>;
  /** `ask` (true when left out): whether a use is answered with an interval. Throws a `Problem` when the command is refused. */
  record(command: CommandText, ask?: boolean): Promise<RecordResult>;
  /** As a `Sink`; events carry `source`. Nobody is told when to run again. */
  recordAll(reports: readonly Report[], source: string, abort?: AbortSignal): Promise<readonly SinkOutcome[]>;
  /** Adds a pool; its zone is the system's where none is given. */
  addPool(pool: string, timeZone: string | undefined): Promise<void>;
  replay(projections: readonly string[]): AsyncGenerator<ReplayProgress, ReplayReport>;
  /** Where nobody has the ledger, `unconfirmed` is never said: there is no time before to compare with. */
  clock(): Promise<ClockState>;
  /** Says that the clock is right. Gives what was corrected by it; null where it was believed already. */
  acceptClock(reason: string | undefined): Promise<{ readonly from: number; readonly to: number } | null>;
  /** A request about turns, as it goes over the API, and the body of its answer. Throws a `Problem` when it is refused. */
  aboutTurns(path: string, body?: object): Promise<unknown>;
  /** As `aboutTurns`, about alerts. */
  aboutAlerts(path: string, body?: object): Promise<unknown>;
  /** Has the watchdog look at every pool, and gives what it found. */
  runWatchdog(): Promise<unknown>;
  /** As `aboutTurns`, about what is of no pool: API keys, webhooks, jobs. */
  ask(path: string, body?: object): Promise<unknown>;
  /** Adds a job, has it done where the ledger is open, and waits for its end. */
  runJob(request: object): Promise<JobAnswer>;
  close(): Promise<void>;
}

/** What the events that people append from here carry as their source. */
export const source = 'cli/1';
