// A full window stops an agent, but the advice said "may not run, wait 0 s", and page and command line called it due, at any time, or
// silent; where no reset was known, the end of the wait moved on with each question. Goal: one state, and one time, said the same
// everywhere.
import t from 'tap';
import { statusBody } from '../../src/cli/status/body.js';
import { printStatus } from '../../src/cli/status/print.js';
import { knownIdentity } from '../../src/events/identities.js';
import type { IdentityName, PoolId } from '../../src/events/scalars.js';
import { identityStatus } from '../../src/status/identities.js';
import { statusNow } from '../../src/status/status.js';
import { clockText, minuteText } from '../../src/text/time.js';
import { ndjson, type TestServer, testServer } from '../api/support.js';
import { ManualClock } from '../support/clock.js';
import { reading, register, usage } from '../support/command.js';
import { hours, minutes, noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { printed } from '../support/status-world.js';

type Test = Scope & Pick<typeof t, 'equal' | 'match' | 'strictSame'>;
type Figures = Readonly<Record<string, unknown>>;

interface Said {
  readonly state: string;
  readonly mayRun: boolean;
  readonly waitS: number | null;
  readonly nextRunAt: number | null;
  readonly page: string;
  readonly line: string;
  readonly silent: readonly string[];
}

/** What all surfaces say of one identity now, after a test that they agree. */
async function said(t: Test, server: TestServer, name: string): Promise<Said> {
  const json = async (path: string) => (await server.get(path)).json();
  const now = server.clock.now();
  const response = await server.get(`/v1/advice/${name}`);
  const { state, may_run: mayRun, wait_s: waitS, next_run_at: next } = response.json();
  const nextRunAt = next === null ? null : Date.parse(next);
  t.equal(waitS, mayRun ? 0 : nextRunAt === null ? null : Math.ceil((nextRunAt - now) / 1_000), `${name} waits`);
  t.match(response.headers.ratelimit, new RegExp(`^"runs";r=${mayRun ? 1 : 0}${waitS === null ? '' : `;t=${waitS}`}`));
  const own = (all: readonly Figures[]) => all.find((one) => one.name === name);
  t.match(own((await json('/v1/fairness')).identities) ?? {}, { state, next_run_at: next }, 'GET /v1/fairness');
  const claude = own((await json('/dashboard/json')).claudes) ?? {};
  t.equal(claude.state, state, 'GET /dashboard/json');
  const pool = server.ledger.state('default' as PoolId);
  const status = statusNow(server.ledger, 'default' as PoolId);
  const alone = identityStatus(pool, knownIdentity(pool, name as IdentityName), status.at);
  t.strictSame(
    alone,
    status.identities.find((one) => one.name === name),
    'asked for alone',
  );
  const { identities } = statusBody(status, name) as { identities: readonly Figures[] };
  t.match(own(identities) ?? {}, { state, next_run_at: next }, 'fair status --json');
  const { body } = await server.get('/dashboard');
  return {
    state,
    mayRun,
    waitS,
    nextRunAt,
    page: body.split('<tr data-key=').find((row) => row.includes(`<bdi>${name}</bdi></a><small>`)) ?? '',
    line:
      printed(() => printStatus(status, name))
        .split('Shares')[1]
        ?.split('\n')
        .find((row) => row.startsWith(`${name} `)) ?? '',
    silent: [...body.matchAll(/<b><bdi>([^<]*)<\/bdi><\/b><\/a> has been silent/g)].map((found) => String(found[1])),
  };
}

const versions = [undefined, 2] as const;

for (const version of versions) {
  const method = version === undefined ? 'version 1' : `version ${version}`;
  const policy = { mode: 'enforce', ...(version === undefined ? {} : { method_version: version }) };

  t.test(`a full window whose reset nobody told: the same end of the wait everywhere, ${method}`, async (t) => {
    const server = await testServer(t, { clock: new ManualClock(noon) });
    await server.send('policy.set', policy);
    await server.record(
      register('Ada'),
      usage('Ada', { cost_micro_usd: 1_000_000 }),
      reading('week_all', 10_000, { resets_at: undefined }),
    );
    const readAt = server.clock.now();
    const ends = new Set<number | null>();
    for (const later of [minutes(1), hours(1), hours(30), hours(100)]) {
      server.clock.goTo(readAt + later);
      const ada = await said(t, server, 'Ada');
      t.match(ada, { state: 'blocked', mayRun: false, silent: [] });
      t.ok((ada.waitS ?? 0) > 0, `it waits ${ada.waitS} s`);
      ends.add(ada.nextRunAt);
      const until = ada.nextRunAt ?? 0;
      t.ok(ada.page.includes(`blocked until ${clockText(until, 'UTC')}`), ada.page);
      t.ok(ada.line.includes(`blocked until ${minuteText(until)}`), ada.line);
      for (const text of [ada.page, ada.line]) t.notMatch(text, /due|at any time|at once/);
      const asked = await server.post('/v1/turns', { name: 'Ada' });
      t.match(asked.json(), { code: 'turn_denied', cause: 'window-exhausted' });
      t.ok(Math.abs(server.clock.now() + Number(asked.headers['retry-after']) * 1_000 - until) <= 1_000);
    }
    t.equal(ends.size, 1, 'it does not move with the moment of asking');
    const [end] = [...ends];
    const latest = readAt + hours(168);
    t.ok(end && end > latest && end < latest + minutes(6), 'one week after the reading at the latest');
    server.clock.goTo(Number(end));
    t.match(await said(t, server, 'Ada'), { mayRun: true, waitS: 0, nextRunAt: end, silent: [] });
    t.equal((await server.post('/v1/turns', { name: 'Ada' })).statusCode, 201, 'a turn, too');
  });

  t.test(`what a report is answered while a window is full is when it may run, ${method}`, async (t) => {
    const server = await testServer(t, { clock: new ManualClock(noon) });
    await server.send('policy.set', policy);
    await server.record(register('Ada'), reading('week_all', 10_000, { resets_at: undefined }));
    const readAt = server.clock.now();
    for (const later of [hours(2), hours(20)]) {
      server.clock.goTo(readAt + later);
      const body = { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.5 };
      const told = (await server.post('/resource-share/increment', body)).json();
      t.equal(told.quota_paused, true);
      const { nextRunAt } = await said(t, server, 'Ada');
      const off = Math.abs(server.clock.now() + told.recommended_interval * 1_000 - Number(nextRunAt));
      t.ok(off <= 1_000, `${off} ms`);
      t.ok(Number(nextRunAt) < readAt + hours(168) + minutes(6));
    }
  });

  t.test(`after the reset it waits as it was told, then is due, then missed, ${method}`, async (t) => {
    const server = await testServer(t, { clock: new ManualClock(noon) });
    const resets = noon + hours(8);
    await server.send('policy.set', policy);
    await server.record(
      register('Ada'),
      usage('Ada', { cost_micro_usd: 1_000_000 }),
      reading('week_all', 10_000, { resets_at: resets }),
    );
    server.clock.goTo(noon + hours(5));
    const before = await said(t, server, 'Ada');
    t.match(before, { state: 'blocked', mayRun: false, silent: [] });
    const next = Number(before.nextRunAt);
    t.ok(next > resets && next < resets + minutes(6));
    server.clock.goTo(resets + 1_000);
    t.match(await said(t, server, 'Ada'), { state: 'waiting', mayRun: false, nextRunAt: next, silent: [] });
    // Any event lets the window begin again.
    await server.record(usage('Ben'));
    t.match(await said(t, server, 'Ada'), { state: 'waiting', mayRun: false, nextRunAt: next, silent: [] });
    server.clock.goTo(next);
    const now = await said(t, server, 'Ada');
    t.match(now, { mayRun: true, waitS: 0, nextRunAt: next, silent: [] });
    server.clock.goTo(next + hours(10));
    t.ok((await said(t, server, 'Ada')).silent.includes('Ada'), 'who does not come back is missed');
  });
}

t.test('a window that blocked nobody keeps nobody waiting after its reset', async (t) => {
  const server = await testServer(t, { clock: new ManualClock(noon) });
  const resets = noon + hours(8);
  await server.record(
    register('Ada'),
    usage('Ada', { cost_micro_usd: 1_000_000 }),
    reading('week_all', 9_750, { resets_at: resets }),
  );
  for (const at of [resets - 1_000, resets + 1_000]) {
    server.clock.goTo(at);
    t.match(await said(t, server, 'Ada'), { mayRun: true, waitS: 0 });
  }
});

t.test('a wait counts from the start of the run, however many reports tell of it', async (t) => {
  const server = await testServer(t, { clock: new ManualClock(noon) });
  await server.send('policy.set', { mode: 'enforce', method_version: 2 });
  await server.record(register('Ada'));
  const start = noon + minutes(10);
  for (let minute = 0; minute <= 8; minute++) {
    server.clock.goTo(start + minutes(minute));
    await server.record(usage('Ada', { cost_micro_usd: 50_000 }));
    const { told_interval_s: told } = (await server.get('/v1/advice/Ada')).json();
    const ada = await said(t, server, 'Ada');
    t.match(ada, { state: 'running', nextRunAt: start + told * 1_000, silent: [] });
    t.match(ada.line, 'running');
    t.notMatch(ada.page, /due/);
  }
  server.clock.advance(minutes(5));
  const waiting = await said(t, server, 'Ada');
  t.match(waiting, { state: 'waiting', mayRun: false });
  t.match(waiting.page, /waiting until/);
  const asked = await server.post('/v1/turns', { name: 'Ada' });
  t.match(asked.json(), { cause: 'before-its-time' });
  t.equal(Number(asked.headers['retry-after']), waiting.waitS, 'a turn is refused for as long');
  server.clock.goTo(Number(waiting.nextRunAt));
  const due = await said(t, server, 'Ada');
  t.match(due, { state: 'due', mayRun: true });
  t.match(due.page, /due since/);
  const granted = await server.post('/v1/turns', { name: 'Ada', ttl_s: 3_600 });
  t.equal(granted.statusCode, 201);
  server.clock.advance(minutes(55));
  t.match(
    await said(t, server, 'Ada'),
    { state: 'running', silent: [] },
    'one that holds a turn runs, and is not missed',
  );
  t.equal((await server.post('/v1/turns', { name: 'Ada', ttl_s: 3_600 })).statusCode, 200, 'and is not early in it');
});

t.test('who reports by array or NDJSON has been seen like everybody else', async (t) => {
  const server = await testServer(t, { clock: new ManualClock(noon) });
  const report = (name: string) => ({ type: 'usage.recorded', payload: { name, mode: 'autonomy', cost_micro_usd: 5 } });
  await server.post('/v1/events', [report('Ada')]);
  await server.post('/v1/events', ndjson([report('Ben')]), { 'content-type': 'application/x-ndjson' });
  server.clock.advance(minutes(7));
  for (const name of ['Ada', 'Ben']) {
    const { page, line } = await said(t, server, name);
    t.match(page, 'seen 7 min ago');
    t.notMatch(page, 'no report yet');
    t.match(line, name);
    const { identities } = (await server.get('/v1/fairness')).json<{ identities: Figures[] }>();
    const own = identities.find((one) => one.name === name);
    t.equal(Date.parse(String(own?.last_run_at)), noon, 'GET /v1/fairness');
    const { claudes } = (await server.get('/dashboard/json')).json<{ claudes: Figures[] }>();
    t.not(claudes.find((one) => one.name === name)?.next_prompt_due, 'No recent activity');
  }
});
