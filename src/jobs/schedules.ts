/**
 * Adds the jobs of schedules at their instants. Every daemon does so, and none leads: an instant is a row that can be added once, so
 * whichever is first has added the job.
 */
import { isoText } from '../events/days.js';
import { defaultPool, type EpochMs, type PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { dueInstants, instantsOf, type NextInstant } from './instants.js';
import type { CatchUp, Timing } from './job.js';
import type { JobQueue } from './queue.js';
import type { AnyJob } from './registry.js';

const aMomentMs = 1_000;

/** What the settings say of the schedule of a kind. */
export interface ScheduleSettings {
  readonly enabled?: boolean | undefined;
  readonly every_s?: number | undefined;
  readonly cron?: string | undefined;
  readonly zone?: string | undefined;
  readonly catch_up?: CatchUp | undefined;
}

export type AllScheduleSettings = Readonly<Record<string, ScheduleSettings>>;

/** What can be added at instants: a job of this program, or a kind that others do. */
export type Schedulable = Pick<AnyJob, 'kind' | 'schedule' | 'payloadAt' | 'catchUp'>;

/** One schedule of a job: of one pool where it has one for each. */
export interface JobSchedule {
  readonly name: string;
  readonly job: Schedulable;
  readonly pool: PoolId;
  readonly timing: Timing;
  readonly timeZone: string;
  readonly catchUp: CatchUp;
  readonly jitterMs: number;
  readonly next: NextInstant;
}

export class Schedules {
  readonly #ledger: Ledger;
  readonly #queue: JobQueue;
  readonly #jobs: readonly Schedulable[];
  readonly #settings: AllScheduleSettings;
  /** By name; made again where its time zone has changed. */
  readonly #made = new Map<string, JobSchedule>();
  /** Up to which instant each is done. */
  #reached: Map<string, EpochMs> | null = null;
  readonly #startedAt: EpochMs;

  /** Throws `setting_invalid`. */
  constructor(ledger: Ledger, queue: JobQueue, jobs: readonly Schedulable[], settings: AllScheduleSettings) {
    this.#ledger = ledger;
    this.#queue = queue;
    this.#jobs = jobs.filter(({ kind, schedule }) => schedule !== undefined || settings[kind] !== undefined);
    this.#settings = settings;
    this.#startedAt = ledger.now() as EpochMs;
    const strange = Object.keys(settings).find((kind) => !jobs.some((job) => job.kind === kind));
    if (strange !== undefined)
      throw new Problem(
        'setting_invalid',
        `jobs.schedules: ${strange} is none of: ${jobs.map(({ kind }) => kind).join(', ')}`,
      );
    this.current();
  }

  /** Those of the pools there are. */
  current(): JobSchedule[] {
    return this.#jobs.flatMap((job) => {
      const settings = this.#settings[job.kind] ?? {};
      const timing = timingOf(job, settings);
      if (settings.enabled === false || timing === null) return [];
      if (job.schedule?.eachPool !== true) return [this.#make(job.kind, job, defaultPool, timing, settings)];
      return this.#ledger.poolNames.map((pool) => this.#make(`${job.kind}:${pool}`, job, pool, timing, settings));
    });
  }

  #make(name: string, job: Schedulable, pool: PoolId, timing: Timing, settings: ScheduleSettings): JobSchedule {
    const timeZone = settings.zone ?? (this.#ledger.hasPool(pool) ? this.#ledger.stateAfter(pool).timeZone : 'UTC');
    const before = this.#made.get(name);
    if (before?.timeZone === timeZone) return before;
    const { catch_up: catchUp = job.catchUp } = settings;
    const next = instantsOf(timing, timeZone);
    const made = { name, job, pool, timing, timeZone, catchUp, jitterMs: job.schedule?.jitterMs ?? 0, next };
    this.#made.set(name, made);
    return made;
  }

  /** Adds what is due, but for kinds that are paused. Whether anything was added. */
  async fire(paused: readonly string[]): Promise<boolean> {
    const { clockDoubt, clockIsUnconfirmed } = this.#ledger;
    if (clockDoubt !== null || clockIsUnconfirmed || paused.includes('*')) return false;
    const now = this.#ledger.now() as EpochMs;
    this.#reached ??= await this.#readReached();
    let any = false;
    for (const schedule of this.current()) {
      if (!paused.includes(schedule.job.kind)) any = (await this.#fireOne(schedule, this.#reached, now)) || any;
    }
    return any;
  }

  async #fireOne(schedule: JobSchedule, reached: Map<string, EpochMs>, now: EpochMs): Promise<boolean> {
    const { name, catchUp, next } = schedule;
    const since = reached.get(name) ?? this.#beginningOf(schedule);
    let any = false;
    for (const instant of dueInstants(next, catchUp, since, now)) {
      const job = this.#jobAt(schedule, instant, now);
      const added = await this.#queue.store.fire({ schedule: name, instant }, job, limits.jobsPendingMax);
      if (added === null) return any;
      reached.set(name, instant);
      any ||= added;
    }
    return any;
  }

  #jobAt({ name, job, pool, timeZone, jitterMs }: JobSchedule, instant: EpochMs, now: EpochMs) {
    const runAt = instant + Math.floor(Math.random() * jitterMs);
    const request = {
      kind: job.kind,
      pool,
      payload: job.payloadAt?.(instant, timeZone) ?? {},
      dedupe: `${name}@${isoText(instant)}`,
      // The clock of the storage may be a little behind: what is due now is not put off.
      runAt: Math.abs(now - runAt) < aMomentMs ? undefined : runAt,
    };
    return this.#queue.make(request, name);
  }

  /** What a schedule that was never seen before makes up for: nothing from before its pool. */
  #beginningOf({ pool, catchUp }: JobSchedule): EpochMs {
    if (catchUp === 'none') return this.#startedAt;
    return this.#poolsBegan.get(pool) ?? this.#startedAt;
  }

  readonly #poolsBegan = new Map<string, EpochMs>();

  async #readReached(): Promise<Map<string, EpochMs>> {
    for (const { pool, createdAt } of await this.#ledger.heads()) this.#poolsBegan.set(pool, createdAt as EpochMs);
    const sql = 'SELECT schedule, max(instant) AS instant FROM schedule_fires GROUP BY schedule';
    const rows = await this.#ledger.query<{ readonly schedule: string; readonly instant: EpochMs }>(sql);
    return new Map(rows.map(({ schedule, instant }) => [schedule, instant]));
  }
}

function timingOf({ schedule }: Schedulable, { every_s: seconds, cron }: ScheduleSettings): Timing | null {
  if (cron !== undefined) return { cron };
  if (seconds !== undefined) return { everyMs: seconds * 1_000 };
  return schedule ?? null;
}
