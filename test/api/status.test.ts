/**
 * Goal: page, API, `/dashboard/json` and command line say the same of the same key, whatever happened: over made-up lives of a
 * pool, in the middle of them, at their end, and long after their fairness period has ended.
 */

import t from 'tap';
import { type IdentityState, stateWords } from '../../src/status/identity-state.js';
import { durationText } from '../../src/text/duration.js';
import { usdText } from '../../src/text/money.js';
import { estimateText, fractionText, percentText } from '../../src/text/percent.js';
import { escaped } from '../../src/text/template.js';
import { relativeText } from '../../src/text/time.js';
import { jsonOn } from '../cli/run.js';
import { command, reading, register, usage } from '../support/command.js';
import { spawnDaemon } from '../support/daemon.js';
import { hours, minutes, noon } from '../support/fold.js';
import { temporaryFolder } from '../support/folder.js';
import { someLives } from '../support/lives.js';
import { type Claude, type Looks, type Sharer, StatusWorlds, type Window, withZ } from '../support/status-world.js';
import { testServer } from './support.js';

const seed = Number(process.env.SEED ?? 20_261_129);
const worlds = Number(process.env.RUNS ?? 50);
t.comment(`seed ${seed}`);

t.test('fifty worlds, each looked at from all sides in the middle, at the end, and after its period', async (t) => {
  const seen = { states: new Set<string>(), blocked: 0, estimates: 0, ended: 0 };
  const all = await StatusWorlds.open(t);
  for (const [i, life] of someLives(worlds, 60, seed).entries()) {
    const world = await all.add(String(i).padStart(4, '0'), life);
    for (const [part, silences] of [
      [0.4, [0]],
      [0.8, [0]],
      [1, [minutes(40), hours(400)]],
    ] as const) {
      const at = await world.liveTo(part);
      for (const silence of silences) {
        const looks = await world.lookAt(at + silence);
        const faults = faultsOf(looks);
        if (faults.length > 0) t.fail(`world ${i}, ${part}, ${silence / 60_000} min later: ${faults.join('; ')}`);
        for (const { state, blocked_by: blocked } of looks.fairness.identities) {
          seen.states.add(state);
          if (blocked.length > 0) seen.blocked += 1;
        }
        seen.estimates += looks.fairness.windows.filter(({ percent, read_percent: read }) => percent !== read).length;
        if (silence === hours(400)) {
          seen.ended += 1;
          const used = looks.fairness.identities.filter((one) => one.used_usd !== 0 || one.autonomous_usd !== 0);
          t.strictSame(used, [], `world ${i}: nobody has used anything of a period that has begun since`);
        }
      }
    }
  }
  t.equal(seen.ended, worlds);
  t.ok(seen.blocked > 20 && seen.estimates > 100, `${seen.blocked} blocked, ${seen.estimates} estimates`);
  for (const state of ['paused', 'blocked', 'attached', 'ahead', 'waiting', 'away', 'due']) {
    t.ok(seen.states.has(state), `somebody was ${state}`);
  }
});

/** Where two surfaces differ, in words. */
function faultsOf(looks: Looks): string[] {
  const faults: string[] = [];
  const same = (what: string, found: unknown, wanted: unknown) => {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (a !== b) faults.push(`${what}: ${a} but ${b}`);
  };
  const shows = (what: string, text: string, part: string) => {
    if (!text.includes(part)) faults.push(`${what} does not show ${part} in ${text.slice(0, 400)}`);
  };
  const { fairness, json, dashboard, page, text } = looks;
  same('at', [json.at, dashboard.generated_at], [fairness.at, fairness.at]);
  same('windows of the command line', json.windows, fairness.windows);
  same('windows of the dashboard', dashboard.forecasts, fairness.windows);
  same('quota', quotaOf(dashboard.quota), readingsOf(fairness.windows, dashboard.quota));
  same(
    'identities of the command line',
    json.identities.map(({ mode: _, ...rest }) => rest),
    fairness.identities,
  );
  for (const { name, mode, state, conduct } of json.identities) same(`mode of ${name}`, mode, modeOf(state, conduct));
  for (const window of fairness.windows) {
    const card = partOf(page, '<article', (part) => part.includes(`>${labels[window.window] ?? window.window}<`));
    if (window.percent === null && window.read_percent === null) continue;
    const figure = window.percent === null ? 'not known' : percentText(window.percent);
    shows(`card of ${window.window}`, card, `<b>${escaped(figure)}</b>`);
    if (window.read_percent !== null)
      shows(`card of ${window.window}`, card, `: ${escaped(percentText(window.read_percent))}`);
    same(`card of ${window.window} is exhausted`, card.includes('exhausted'), window.exhausted);
    if (window.percent !== null) {
      const line = lineOf(text, window.window);
      shows(`line of ${window.window}`, line, estimateText(window.percent, window.percent_deviation ?? 0));
    }
  }
  for (const claude of dashboard.claudes) {
    const sharer = fairness.identities.find(({ name }) => name === claude.name);
    claudeFaults(looks, claude, sharer, same, shows);
    if (sharer !== undefined) sharerFaults(looks, sharer, same, shows);
  }
  same(
    'has a share',
    fairness.identities.map(({ name }) => name).filter((name) => !looks.advice.has(name)),
    [],
  );
  same('registered', looks.registered, dashboard.claudes.filter(({ state }) => state !== 'retired').length);
  same(
    'overdue',
    [...page.matchAll(/<b><bdi>([^<]*)<\/bdi><\/b><\/a> has been silent/g)].map((found) => found[1]),
    looks.overdue.map(({ name }) => escaped(name)),
  );
  shows('tiles', page, usdText(dashboard.quota_metrics.last_24hr_cost));
  return faults;
}

/** What `fair status --json` said before there were states, and still says. */
function modeOf(state: string, conduct: string | null): string {
  if (['paused', 'blocked', 'attached'].includes(state)) return state;
  return conduct === 'demand' ? 'lends' : (conduct ?? 'compliant');
}

type Same = (what: string, found: unknown, wanted: unknown) => void;
type Shows = (what: string, text: string, part: string) => void;

function claudeFaults(looks: Looks, claude: Claude, sharer: Sharer | undefined, same: Same, shows: Shows): void {
  const { name, state } = claude;
  const row = partOf(looks.page, '<tr data-key=', (part) => part.includes(`<bdi>${escaped(name)}</bdi></a><small>`));
  const advised = looks.advice.get(name);
  if (advised === undefined) throw new Error(`nobody advised ${name}`);
  const { next_run_at: next, may_run: mayRun, wait_s: wait } = advised;
  shows(`row of ${name}`, row, usdText(claude.total_usage));
  shows(`row of ${name}`, row, usdText(claude.weekly_total));
  if (state !== 'due' || next !== null) shows(`row of ${name}`, row, stateWords[state as IdentityState]);
  same(`state of ${name} in advice`, advised.state, state);
  same(`interval of ${name}`, advised.told_interval_s, claude.recent_interval);
  same(`${name} waits`, wait === 0, mayRun);
  same(`${name} is due`, next !== null && Date.parse(next) > looks.at, wait !== null && wait > 0);
  same(`${name} is paused`, claude.is_paused, state === 'paused' || (state === 'retired' && claude.is_paused));
  if (claude.next_prompt_due !== 'No recent activity') {
    const due = next === null ? (mayRun ? 'now' : 'when resumed') : relativeText(Date.parse(next), looks.at);
    same(`next run of ${name}`, claude.next_prompt_due, due);
    if (next !== null && !(state === 'running' && mayRun)) shows(`row of ${name}`, row, due);
  }
  if (state === 'waiting' || state === 'due') same(`${name}, ${state}, may run`, mayRun, state === 'due');
  if (state === 'blocked' || state === 'paused') same(`${name}, ${state}, may run`, mayRun, false);
  if (['blocked', 'paused', 'running', 'waiting'].includes(state)) {
    same(
      `${name}, ${state}, is overdue`,
      looks.overdue.some((late) => late.name === name),
      false,
    );
  }
  same(`${name} has figures`, advised.figures !== null, sharer !== undefined);
  same(`share of ${name}`, [claude.share, claude.balance], [sharer?.share ?? null, sharer?.balance_usd ?? null]);
  same(`reason of ${name}`, claude.interval_reason, sharer?.reason ?? null);
  if (sharer === undefined) return;
  shows(`row of ${name}`, row, fractionText(sharer.share));
  same(`state of ${name}`, sharer.state, state);
  same(`last interval of ${name}`, sharer.interval_s, claude.recent_interval);
  same(`next run of ${name} in advice`, sharer.next_run_at, next);
  same(
    `figures of ${name} in advice`,
    [advised.figures?.share, advised.figures?.used_micro_usd, advised.figures?.balance_micro_usd],
    [sharer.share, Math.round(sharer.used_usd * 1e6), Math.round(sharer.balance_usd * 1e6)],
  );
}

function sharerFaults(looks: Looks, sharer: Sharer, _same: Same, shows: Shows): void {
  const line = lineOf(looks.text.slice(looks.text.indexOf('Shares')), sharer.name);
  shows(`line of ${sharer.name}`, line, fractionText(sharer.share));
  shows(`line of ${sharer.name}`, line, ` ${usdText(sharer.used_usd)} `);
  shows(`line of ${sharer.name}`, line, usdText(sharer.balance_usd));
  shows(`line of ${sharer.name}`, line, durationText(sharer.would_be_s));
  shows(`line of ${sharer.name}`, line, ` ${stateWords[sharer.state as IdentityState]}`);
}

const labels: Readonly<Record<string, string>> = {
  session_5hour: 'Session (5 hours)',
  week_all: 'Week, all models',
  week_sonnet: 'Week, Sonnet',
};

const original = ['session_5hour', 'week_all', 'week_sonnet'] as const;

const quotaOf = (quota: Looks['dashboard']['quota']): unknown => quota && original.map((key) => quota[key]);

function readingsOf(windows: readonly Window[], quota: Looks['dashboard']['quota']): unknown {
  if (quota === null && windows.every(({ read_percent: read }) => read === null)) return null;
  return original.map((key) => windows.find(({ window }) => window === key)?.read_percent ?? null);
}

/** The part of a page that begins with a tag, up to the next such tag, and holds what is asked for. */
const partOf = (page: string, tag: string, isIt: (part: string) => boolean): string =>
  page.split(tag).slice(1).find(isIt) ?? '';

const lineOf = (text: string, name: string): string =>
  text.split('\n').find((line) => line.startsWith(`${name} `)) ?? '';

t.test('a period that ended is over everywhere, though nobody has reported since', async (t) => {
  const server = await testServer(t);
  const ends = noon + hours(10);
  await server.record(
    register('Ada', { cost_multiplier: 1 }),
    reading('week_all', 1_000, { resets_at: ends }),
    usage('Ada', { cost_micro_usd: 2_270_000 }),
    register('Ben', { cost_multiplier: 1, weight: 2 }),
  );
  const used = async () => {
    const { identities } = (await server.get('/v1/fairness')).json<{ identities: Sharer[] }>();
    return identities.map((one) => [one.name, one.used_usd, one.autonomous_usd]);
  };
  t.strictSame(
    await used(),
    [
      ['Ada', 2.27, 2.27],
      ['Ben', 4.54, 0],
    ],
    'a newcomer begins at the level of the others, and used nothing',
  );
  const advised = async () => (await server.get('/v1/advice/Ada')).json().figures.used_micro_usd;
  t.equal(await advised(), 2_270_000);
  server.clock.goTo(ends);
  t.strictSame(await used(), [
    ['Ada', 0, 0],
    ['Ben', 0, 0],
  ]);
  t.equal(await advised(), 0);
});

t.test('who waits for a full window waits on every surface, and is not missed', async (t) => {
  const server = await testServer(t);
  const resets = noon + hours(8);
  await server.record(
    register('Ada'),
    usage('Ada', { cost_micro_usd: 1_000_000 }),
    register('Quinn', { status: 'quarantined' }),
    usage('Quinn', { cost_micro_usd: 1_000 }),
    reading('week_all', 10_000, { resets_at: resets }),
  );
  server.clock.goTo(server.clock.now() + hours(4));
  for (const name of ['Ada', 'Quinn']) {
    const response = await server.get(`/v1/advice/${name}`);
    const { may_run: mayRun, wait_s: wait, next_run_at: next, state } = response.json();
    t.strictSame([mayRun, state], [false, 'blocked'], name);
    t.ok(wait >= 4 * 3_600 && wait < 4 * 3_600 + 310, `${name} waits ${wait} s`);
    t.ok(Date.parse(next) >= resets, next);
    t.match(response.headers.ratelimit, new RegExp(`^"runs";r=0;t=${wait},`));
  }
  const { claudes } = (await server.get('/dashboard/json')).json<{ claudes: Claude[] }>();
  t.strictSame(
    claudes.map(({ state }) => state),
    ['blocked', 'blocked'],
  );
  for (const { next_prompt_due: due } of claudes) t.match(due, /^in 4 h/);
  const { body } = await server.get('/dashboard');
  t.match(body, 'blocked by week_all');
  t.notMatch(body, /due|at any time|has been silent/);
  t.equal((await server.get('/overdue-claudes')).json().overdue_count, 0);
  server.clock.goTo(resets + minutes(10));
  t.match((await server.get('/v1/advice/Ada')).json(), { may_run: true, wait_s: 0 });
  t.equal((await server.get('/overdue-claudes')).json().overdue_count, 0, 'nobody is missed before two more intervals');
  server.clock.goTo(resets + minutes(50));
  t.equal((await server.get('/overdue-claudes')).json().overdue_count, 2, 'who does not come back is missed again');
});

t.test('an agent that reports without asking for an interval has been seen, and may run', async (t) => {
  const server = await testServer(t);
  await server.post('/v1/events', [
    { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } },
  ]);
  const { identities } = (await server.get('/v1/fairness')).json<{ identities: Sharer[] }>();
  t.match(identities, [{ name: 'Ada', interval_s: null, next_run_at: null }]);
  const { body } = await server.get('/dashboard');
  t.notMatch(body, 'no report yet');
  t.match(body, /at any time.*seen now/s);
});

t.test('a daemon and the program in processes of their own agree, too', async (t) => {
  const data = temporaryFolder(t);
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  const json = async <T>(path: string) => (await fetch(`${daemon.url}${path}`)).json() as Promise<T>;
  for (const sent of [
    command('quota.read', { windows: [{ key: 'week_all', percent_bp: 1_000, resets_at: Date.now() + hours(90) }] }),
    usage('Ada', { cost_micro_usd: 2_000_000 }),
    usage('Ben', { cost_micro_usd: 500_000, mode: 'collaboration' }),
  ]) {
    const { type, payload } = sent;
    const response = await fetch(`${daemon.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type, payload }),
    });
    t.equal(response.status, 201);
  }
  const fairness = await json<Looks['fairness']>('/v1/fairness');
  const { forecasts, claudes } = await json<Looks['dashboard']>('/dashboard/json');
  const printed = await jsonOn(data)('fair', 'status');
  // They are asked one after the other, and estimates move with time.
  const still = ({ window, read_percent: read, resets_at: resets }: Window) => [window, read, resets];
  t.strictSame(printed.windows.map(still), fairness.windows.map(still));
  t.strictSame(JSON.parse(withZ(JSON.stringify(forecasts.map(still)))), fairness.windows.map(still));
  const figures = (one: Sharer) => [one.name, one.share, one.used_usd, one.interval_s, one.next_run_at, one.state];
  t.strictSame(printed.identities.map(figures), fairness.identities.map(figures));
  t.strictSame(
    fairness.identities.map(({ state }: Sharer) => state),
    ['running', 'attached'],
  );
  t.strictSame(
    claudes.map(({ name, state }: Claude) => [name, state]),
    [
      ['Ada', 'running'],
      ['Ben', 'attached'],
    ],
  );
});
