/** The tables of background work on a server. */
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
import type { Client, Connections } from './connections.js';
import { prepared, preparedUserInput } from './statements.js';

const sql = jobStatements({
  now: '(SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint))',
  chance: 'random()',
  values: 'unnest(CAST(? AS text[])) AS wanted(value)',
});

export class PostgresJobs implements JobStore {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  add(jobs: readonly NewJob[], pendingMax: number): Promise<readonly AddedJob[] | null> {
    return this.#connections.transaction(async (client) => {
      if (!(await hasRoom(client, jobs.length, pendingMax))) return null;
      const added: AddedJob[] = [];
      for (const job of jobs) added.push(await add(client, job));
      return added;
    });
  }

  fire({ schedule, instant }: Fire, job: NewJob, pendingMax: number): Promise<boolean | null> {
    return this.#connections.transaction(async (client) => {
      if ((await run(client, sql.fire, schedule, instant, job.id)) === 0) return false;
      if (!(await hasRoom(client, 1, pendingMax))) {
        await run(client, 'DELETE FROM schedule_fires WHERE schedule = ? AND instant = ?', schedule, instant);
        return null;
      }
      const { id, isNew } = await add(client, job);
      if (!isNew) {
        const noted = 'UPDATE schedule_fires SET job = ? WHERE schedule = ? AND instant = ?';
        await run(client, noted, id, schedule, instant);
      }
      return true;
    });
  }

  async look(kinds: readonly string[]): Promise<FoundWork> {
    const rows = await this.#connections.read((client) => all<LookRow>(client, sql.look, kinds));
    return foundWork(rows);
  }

  async claim(id: string, holder: string, leaseMs: number): Promise<ClaimedJob | null> {
    return (await this.#get<ClaimedJob>(sql.claim, holder, leaseMs, id)) ?? null;
  }

  async renew(
    { id, token }: JobClaim,
    leaseMs: number,
    progress: string | null,
  ): Promise<'held' | 'cancelled' | 'lost'> {
    const row = await this.#get<{ readonly cancelAt: number | null }>(sql.renew, leaseMs, progress, id, token);
    if (row === undefined) return 'lost';
    return row.cancelAt === null ? 'held' : 'cancelled';
  }

  complete({ id, token }: JobClaim, result: string | null, progress: string | null): Promise<JobState | null> {
    return this.#state(sql.complete, result, progress, id, token);
  }

  fail({ id, token }: JobClaim, { error, next, progress }: Failure): Promise<JobState | null> {
    return this.#state(next === 'retry' ? sql.retried : sql[next], error, progress, id, token);
  }

  giveBack({ id, token }: JobClaim, delayMs: number, error: string | null): Promise<JobState | null> {
    return this.#state(sql.giveBack, delayMs, error, id, token);
  }

  reclaim(limit: number): Promise<readonly ReclaimedJob[]> {
    return this.#connections.transaction((client) => all<ReclaimedJob>(client, sql.reclaim, limit));
  }

  cancel(id: string): Promise<JobState | null> {
    return this.#state(sql.cancel, id);
  }

  retry(id: string): Promise<boolean | null> {
    return this.#connections.transaction(async (client) => {
      if ((await all(client, sql.rival, id)).length > 0) return false;
      return (await run(client, sql.restart, id)) === 0 ? null : true;
    });
  }

  async discard(id: string): Promise<boolean> {
    return (await this.#connections.use((client) => run(client, sql.discard, id))) === 1;
  }

  async pause(kind: string, isPaused: boolean): Promise<void> {
    await this.#connections.use((client) => run(client, isPaused ? sql.pause : sql.resume, kind));
  }

  trim({ succeededMs, otherMs, rows, firesMs }: Retention, limit: number): Promise<number> {
    return this.#connections.transaction(async (client) => {
      let removed = await run(client, sql.trimFires, firesMs);
      for (const state of finishedStates) {
        removed += await run(client, sql.trimOld, state, state === 'succeeded' ? succeededMs : otherMs, limit);
        removed += await run(client, sql.trimMany, state, limit, rows);
      }
      return removed;
    });
  }

  /** Several machines may claim, renew and end at once: one that got in the way of another is tried again. */
  #get<R extends object>(text: string, ...values: readonly unknown[]): Promise<R | undefined> {
    return this.#connections.transaction(async (client) => (await all<R>(client, text, ...values))[0]);
  }

  async #state(text: string, ...values: readonly unknown[]): Promise<JobState | null> {
    return (await this.#get<{ readonly state: JobState }>(text, ...values))?.state ?? null;
  }
}

/** Of these jobs those that are claimed, and not cancelled, with the token of the claim: nobody takes it until the transaction ends. */
export async function heldJobs(client: Client, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const id of ids) {
    for (const row of await all<JobClaim>(client, `${sql.held} FOR UPDATE`, id)) found.set(row.id, row.token);
  }
  return found;
}

async function hasRoom(client: Client, more: number, pendingMax: number): Promise<boolean> {
  const [row] = await all<{ readonly waiting: number }>(client, sql.waiting, pendingMax);
  return (row?.waiting ?? 0) + more <= pendingMax;
}

async function add(client: Client, job: NewJob): Promise<AddedJob> {
  const { id, pool, kind, payload, runAt, priority, attemptsMax, dedupe, schedule } = job;
  const values = [id, pool, kind, payload, runAt, priority, attemptsMax, dedupe, schedule];
  if ((await run(client, sql.add, ...values)) === 1) return { id, isNew: true };
  const [active] = await all<{ readonly id: string }>(client, sql.active, kind, dedupe);
  // It ended between the two statements.
  if (active === undefined) return add(client, job);
  return { id: active.id, isNew: false };
}

async function all<R extends object>(client: Client, text: string, ...values: readonly unknown[]): Promise<R[]> {
  return (await client.query<R>(preparedUserInput(text, values))).rows;
}

async function run(client: Client, text: string, ...values: readonly unknown[]): Promise<number> {
  return (await client.query(prepared(text, values))).rowCount ?? 0;
}
