/** The tables of background work in a database file: `JobStore`, without waiting. */
import type Database from 'better-sqlite3';
import type { Clock } from '../../runtime/clock.js';
import { finishedStates, foundWork, jobStatements, type LookRow } from '../job-statements.js';
import type {
  AddedJob,
  ClaimedJob,
  Failure,
  Fire,
  FoundWork,
  JobClaim,
  JobState,
  JobStore,
  NewJob,
  ReclaimedJob,
  Retention,
} from '../job-store.js';
import { Statements } from './statements.js';

/** The same methods, without promises. */
type SyncJobs = {
  [M in keyof JobStore]: (...args: Parameters<JobStore[M]>) => Awaited<ReturnType<JobStore[M]>>;
};

const sql = jobStatements({
  now: '(SELECT clock_ms())',
  chance: '(abs(random() % 1000000) / 1000000.0)',
  values: 'json_each(?)',
});

export class JobTables implements SyncJobs {
  readonly #db: Database.Database;
  readonly #statements: Statements;

  constructor(db: Database.Database, clock: Clock) {
    this.#db = db;
    this.#statements = new Statements(db);
    db.function('clock_ms', { directOnly: true }, () => clock.now());
  }

  add(jobs: readonly NewJob[], pendingMax: number): readonly AddedJob[] | null {
    return this.#transaction(() => {
      if (!this.#hasRoom(jobs.length, pendingMax)) return null;
      return jobs.map((job) => this.#add(job));
    });
  }

  fire({ schedule, instant }: Fire, job: NewJob, pendingMax: number): boolean | null {
    return this.#transaction(() => {
      if (this.#run(sql.fire, schedule, instant, job.id) === 0) return false;
      if (!this.#hasRoom(1, pendingMax)) {
        this.#run('DELETE FROM schedule_fires WHERE schedule = ? AND instant = ?', schedule, instant);
        return null;
      }
      const { id, isNew } = this.#add(job);
      if (!isNew)
        this.#run('UPDATE schedule_fires SET job = ? WHERE schedule = ? AND instant = ?', id, schedule, instant);
      return true;
    });
  }

  look(kinds: readonly string[]): FoundWork {
    return foundWork(this.#statements.get(sql.look).all(JSON.stringify(kinds)) as LookRow[]);
  }

  claim(id: string, holder: string, leaseMs: number): ClaimedJob | null {
    return this.#get<ClaimedJob>(sql.claim, holder, leaseMs, id) ?? null;
  }

  /** Of these jobs those that are claimed, and not cancelled, with the token of the claim. */
  held(ids: readonly string[]): ReadonlyMap<string, number> {
    const found = ids.map((id) => this.#get<JobClaim>(sql.held, id));
    return new Map(found.flatMap((row) => (row === undefined ? [] : [[row.id, row.token] as const])));
  }

  renew({ id, token }: JobClaim, leaseMs: number, progress: string | null): 'held' | 'cancelled' | 'lost' {
    const row = this.#get<{ readonly cancelAt: number | null }>(sql.renew, leaseMs, progress, id, token);
    if (row === undefined) return 'lost';
    return row.cancelAt === null ? 'held' : 'cancelled';
  }

  complete({ id, token }: JobClaim, result: string | null, progress: string | null): JobState | null {
    return this.#state(sql.complete, result, progress, id, token);
  }

  fail({ id, token }: JobClaim, { error, next, progress }: Failure): JobState | null {
    return this.#state(next === 'retry' ? sql.retried : sql[next], error, progress, id, token);
  }

  giveBack({ id, token }: JobClaim, delayMs: number, error: string | null): JobState | null {
    return this.#state(sql.giveBack, delayMs, error, id, token);
  }

  reclaim(limit: number): readonly ReclaimedJob[] {
    return this.#transaction(() => this.#statements.get(sql.reclaim).all(limit) as ReclaimedJob[]);
  }

  cancel(id: string): JobState | null {
    return this.#state(sql.cancel, id);
  }

  retry(id: string): boolean | null {
    return this.#transaction(() => {
      if (this.#get(sql.rival, id) !== undefined) return false;
      return this.#run(sql.restart, id) === 0 ? null : true;
    });
  }

  discard(id: string): boolean {
    return this.#run(sql.discard, id) === 1;
  }

  pause(kind: string, isPaused: boolean): void {
    this.#run(isPaused ? sql.pause : sql.resume, kind);
  }

  trim({ succeededMs, otherMs, rows, firesMs }: Retention, limit: number): number {
    return this.#transaction(() => {
      let removed = this.#run(sql.trimFires, firesMs);
      for (const state of finishedStates) {
        removed += this.#run(sql.trimOld, state, state === 'succeeded' ? succeededMs : otherMs, limit);
        removed += this.#run(sql.trimMany, state, limit, rows);
      }
      return removed;
    });
  }

  #hasRoom(more: number, pendingMax: number): boolean {
    const row = this.#get<{ readonly waiting: number }>(sql.waiting, pendingMax);
    return (row?.waiting ?? 0) + more <= pendingMax;
  }

  #add({ id, pool, kind, payload, runAt, priority, attemptsMax, dedupe, schedule }: NewJob): AddedJob {
    const added = this.#run(sql.add, id, pool, kind, payload, runAt, priority, attemptsMax, dedupe, schedule);
    if (added === 1) return { id, isNew: true };
    return { id: this.#get<{ readonly id: string }>(sql.active, kind, dedupe)?.id as string, isNew: false };
  }

  #transaction<T>(task: () => T): T {
    return this.#db.transaction(task).immediate();
  }

  #run(text: string, ...values: readonly unknown[]): number {
    return this.#statements.get(text).run(...values).changes;
  }

  #get<R>(text: string, ...values: readonly unknown[]): R | undefined {
    return this.#statements.get(text).get(...values) as R | undefined;
  }

  #state(text: string, ...values: readonly unknown[]): JobState | null {
    return this.#get<{ readonly state: JobState }>(text, ...values)?.state ?? null;
  }
}
