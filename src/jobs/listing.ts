/** Jobs and schedules as people and programs are shown them. */

import { isoText } from '../events/days.js';
import type { EpochMs } from '../events/scalars.js';
import type { JobState, Ledger } from '../ledger/ledger.js';
import { Problem } from '../problems.js';
import type { Schedules } from './schedules.js';

interface JobRow {
  readonly id: string;
  readonly pool: string | null;
  readonly kind: string;
  readonly payload: string;
  readonly state: JobState;
  readonly run_at: number;
  readonly priority: number;
  readonly attempts: number;
  readonly attempts_max: number;
  readonly token: number;
  readonly holder: string | null;
  readonly lease_until: number | null;
  readonly dedupe: string | null;
  readonly cancel_at: number | null;
  readonly progress: string | null;
  readonly error: string | null;
  readonly result: string | null;
  readonly schedule: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
}

export interface JobFilter {
  readonly state?: JobState | undefined;
  readonly kind?: string | undefined;
  /** Id of the last one of the page before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function listJobs(ledger: Ledger, { state, kind, before, limit }: JobFilter) {
  const wanted = [
    ...(state === undefined ? [] : [['state = ?', state]]),
    ...(kind === undefined ? [] : [['kind = ?', kind]]),
    ...(before === undefined ? [] : [['id < ?', before]]),
  ] as [string, string][];
  const where = wanted.length === 0 ? '' : `WHERE ${wanted.map(([condition]) => condition).join(' AND ')}`;
  const sql = `SELECT * FROM jobs ${where} ORDER BY id DESC LIMIT ${limit}`;
  return (
    await ledger.query<JobRow>(
      sql,
      wanted.map(([, value]) => value),
    )
  ).map(jobText);
}

/** Throws `job_unknown`. */
export async function showJob(ledger: Ledger, id: string) {
  const [row] = await ledger.query<JobRow>('SELECT * FROM jobs WHERE id = ?', [id]);
  if (row === undefined) throw new Problem('job_unknown', `there is no job ${id.slice(0, 100)}`);
  return jobText(row);
}

function jobText({
  payload,
  result,
  progress,
  run_at,
  lease_until,
  cancel_at,
  created_at,
  started_at,
  finished_at,
  ...rest
}: JobRow) {
  const { ratio = null, lines = [] } =
    progress === null ? {} : (JSON.parse(progress) as { ratio?: number; lines?: string[] });
  return {
    ...rest,
    payload: JSON.parse(payload) as unknown,
    result: result === null ? null : (JSON.parse(result) as unknown),
    progress: ratio,
    lines,
    run_at: timeText(run_at) as string,
    lease_until: timeText(lease_until),
    cancel_at: timeText(cancel_at),
    created_at: timeText(created_at) as string,
    started_at: timeText(started_at),
    finished_at: timeText(finished_at),
  };
}

const timeText = (at: number | null): string | null => (at === null ? null : isoText(at as EpochMs));

interface FireRow {
  readonly schedule: string;
  readonly instant: number;
  readonly job: string;
  readonly state: JobState | null;
  readonly error: string | null;
}

const lastSql = `SELECT f.schedule, f.instant, f.job, jobs.state, jobs.error FROM schedule_fires AS f LEFT JOIN jobs ON jobs.id = f.job
  WHERE f.instant = (SELECT max(instant) FROM schedule_fires AS newest WHERE newest.schedule = f.schedule)`;

/** Each schedule with its last instant, what came of that, and its next one. */
export async function listSchedules(ledger: Ledger, schedules: Schedules) {
  const last = new Map((await ledger.query<FireRow>(lastSql)).map((row) => [row.schedule, row]));
  const paused = new Set(
    (await ledger.query<{ readonly kind: string }>('SELECT kind FROM paused_jobs')).map(({ kind }) => kind),
  );
  return schedules.current().map(({ name, job, pool, timing, timeZone, catchUp, next }) => {
    const fired = last.get(name);
    return {
      schedule: name,
      kind: job.kind,
      pool: pool as string,
      when: 'cron' in timing ? timing.cron : `every ${timing.everyMs / 1_000} s`,
      time_zone: timeZone,
      catch_up: catchUp,
      paused: paused.has(job.kind) || paused.has('*'),
      last: timeText(fired?.instant ?? null),
      last_job: fired?.job ?? null,
      last_state: fired?.state ?? null,
      last_error: fired?.error ?? null,
      next: timeText(next(ledger.now() as EpochMs)),
    };
  });
}
