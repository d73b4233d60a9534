/** Case: schedules were watched by every process, and a job was added by each of them; or by one leader, and by none when it was gone. */
import t from 'tap';
import { spawnDaemonIn } from '../support/daemon.js';
import { fastClock, withoutFaketime } from '../support/faketime.js';
import { PostgresServer } from '../support/postgres-server.js';

const fires = Number(process.env.FIRES ?? 200);
const everyS = 1;
const factor = 5;

interface Job {
  readonly id: string;
  readonly schedule: string | null;
  readonly state: string;
  readonly attempts: string;
}

t.test(`three daemons on one server, ${fires} times`, { skip: withoutFaketime, timeout: 600_000 }, async (t) => {
  const clock = fastClock(factor);
  const server = await PostgresServer.temporary(t, {}, clock);
  const env = {
    ...clock,
    RESOURCE_SHARE_JOBS_POLL_MS: '1000',
    RESOURCE_SHARE_JOBS_KINDS: '{"x.tick": {}}',
    RESOURCE_SHARE_JOBS_SCHEDULES: JSON.stringify({ 'x.tick': { every_s: everyS, catch_up: 'all' } }),
  };
  const daemons = [];
  for (let i = 0; i < 3; i++) {
    const daemon = await spawnDaemonIn(env, server.url());
    t.teardown(() => daemon.stop());
    daemons.push(daemon);
  }
  const ask = async (url: string, path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`${url}/v1/${path}`, sent);
    return (await answer.json()) as { job: { id: string; token: number } | null; jobs: readonly Job[] };
  };
  const claims: string[] = [];
  const work = async (url: string): Promise<void> => {
    while (claims.length < fires) {
      const { job } = await ask(url, 'jobs/claim', { kinds: ['x.tick'] });
      if (job === null) continue;
      claims.push(job.id);
      await ask(url, 'jobs/complete', { id: job.id, token: job.token });
    }
  };
  await Promise.all(daemons.map(({ url }) => work(url)));
  await Promise.all(daemons.map((daemon) => daemon.stop()));

  const rows = await server.query<{ instant: string; job: string }>(
    "SELECT instant, job FROM schedule_fires WHERE schedule = 'x.tick' ORDER BY instant",
  );
  const instants = rows.map(({ instant }) => Number(instant));
  const gaps = instants.slice(1).map((instant, i) => instant - (instants[i] as number));
  t.ok(instants.length >= fires, `${instants.length} instants`);
  t.same([...new Set(gaps)], [everyS * 1_000], 'none is left out, and none is there twice');
  t.equal(new Set(claims).size, claims.length, 'no job is done twice');
  const jobs = await server.query<Job>("SELECT id, schedule, state, attempts FROM jobs WHERE kind = 'x.tick'");
  t.equal(jobs.length, rows.length, 'one job for each');
  t.same(ids(jobs), rows.map(({ job }) => job).sort());
  const done = jobs.filter(({ state }) => state === 'succeeded');
  t.same(ids(done), claims.toSorted());
  t.same(
    done.filter(({ attempts }) => Number(attempts) !== 1),
    [],
    'none is tried twice',
  );
});

const ids = (jobs: readonly Job[]): string[] => jobs.map(({ id }) => id).sort();
