// Goal: with a clock that is set wrong under a running daemon, and on PostgreSQL under the server, agents are answered truly, nothing is booked on a wrong day, people are told, and one verb sets it right.
import { setTimeout as pause } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { run } from '../cli/run.js';
import { databaseFlags, spawnDaemonIn } from '../support/daemon.js';
import { variants } from '../support/engines.js';
import { type FakeClock, fakeClock, withoutFaketime } from '../support/faketime.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { PostgresServer } from '../support/postgres-server.js';

const hour = 3_600;
/** A jump is looked at for a minute. */
const judgedMsMax = 100_000;
const pollMs = 250;

/** A daemon whose clock can be set. On a server it is the server's that counts, and that of the daemon is wrong by hours all the time. */
async function world(t: Scope, engine: string) {
  const clock = fakeClock(t);
  if (engine === 'sqlite') {
    const place = temporaryFolder(t);
    return { clock, place, daemon: await spawnDaemonIn(clock.env, place) };
  }
  const place = (await PostgresServer.temporary(t, {}, clock.env)).url();
  return { clock, place, daemon: await spawnDaemonIn(fakeClock(t, 5 * hour).env, place) };
}

async function ask(url: string, body?: object) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(url, body === undefined ? {} : init);
  // biome-ignore lint/suspicious/noExplicitAny: answers of many routes
  return { status: answer.status, body: (await answer.json()) as any };
}

async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  const deadline = performance.now() + judgedMsMax;
  for (;;) {
    const seen = await look();
    if (isSo(seen) || performance.now() > deadline) return seen;
    await pause(pollMs);
  }
}

const increment = (name: string) => ({ claude_name: name, mode: 'autonomy', cost_delta: 0.5 });

async function live(t: Test, engine: string, wrongBy: number): Promise<void> {
  const { clock, place, daemon } = await world(t, engine);
  t.teardown(() => daemon.stop());
  const at = (path: string) => `${daemon.url}${path}`;
  await ask(at('/resource-share/increment'), increment('Ada'));
  await ask(at('/resource-share/increment'), increment('Bo'));
  await ask(at('/pause'), { claude_name: 'Bo', duration_minutes: 30 });
  const advice = async () => (await ask(at('/v1/advice/Ada'))).body;
  const before = await advice();
  const now = Date.now();
  t.ok(Math.abs(Date.parse(before.at) - now) < 10_000, 'the time is that of the clock that counts');

  clock.set(wrongBy);
  const later = await until(advice, (seen) => seen.wait_s <= before.wait_s - 3);
  t.ok(
    later.wait_s <= before.wait_s - 3 && later.wait_s > before.wait_s - 90,
    `a wait gets shorter: ${later.wait_s} s`,
  );
  const paused = (await ask(at('/pause-status?claude_name=Bo'))).body;
  t.ok(
    paused.paused && paused.time_remaining_seconds > 1_700 && paused.time_remaining_seconds <= 1_800,
    'a pause holds',
  );
  t.equal((await ask(at('/resource-share/increment'), increment('Cy'))).status, 200);
  const { body: booked } = await ask(at('/v1/usage?identity=Cy'));
  t.ok(Math.abs(Date.parse(booked.rows[0].timestamp) - Date.now()) < 30_000, 'use is on its day');

  const isAccepted = wrongBy > 0 && wrongBy < 30 * 24 * hour;
  const state = async () => (await ask(at('/v1/clock'))).body.state;
  t.equal(
    await until(state, (seen) => seen === (isAccepted ? 'confirmed' : 'suspect')),
    isAccepted ? 'confirmed' : 'suspect',
  );
  const told = async () => (await ask(at('/v1/events?type=alert.raised'))).body.events;
  const [alert] = await until(told, (seen) => seen.length > 0);
  t.equal(alert?.payload.rule, isAccepted ? 'clock-jumped' : 'clock-suspect');
  if (!isAccepted) {
    t.equal((await ask(at('/ready'))).status, 503);
    t.equal((await ask(at('/resource-share/increment'), increment('Ada'))).status, 503);
    await recover(t, clock, place, wrongBy);
  }
  const ready = async () => (await ask(at('/ready'))).status;
  t.equal(await until(ready, (status) => status === 200), 200);
  t.equal((await ask(at('/resource-share/increment'), increment('Ada'))).status, 200);
  const seen = await advice();
  const expected = Date.now() + (wrongBy === -8 * hour ? 0 : wrongBy * 1_000);
  t.ok(Math.abs(Date.parse(seen.at) - expected) < 20_000, `the time is that of the clock again: ${seen.at}`);
  t.ok(seen.wait_s > 0 && seen.wait_s < 86_400 && (await ask(at('/pause-status?claude_name=Bo'))).status === 200);
  t.equal((await run(['verify', ...databaseFlags(place)])).code, 0);
}

/** Somebody says that the clock is right, or sets it right. */
async function recover(t: Test, clock: FakeClock, place: string, wrongBy: number): Promise<void> {
  if (wrongBy === -8 * hour) {
    clock.set(0);
    return;
  }
  const accepted = await run(['clock', 'accept', '--reason', 'as the test says', ...databaseFlags(place)], {
    env: place.includes('://') ? {} : clock.env,
  });
  t.equal(accepted.code, 0, accepted.stderr);
}

for (const { name } of variants) {
  const wrong = [hour, -hour, 8 * hour, -8 * hour, 87_600 * hour, -87_600 * hour];
  test(`on ${name}`, { skip: withoutFaketime, timeout: 300_000, jobs: wrong.length }, async (t) => {
    for (const by of wrong) t.test(`wrong by ${by / hour} hours`, { timeout: 400_000 }, (each) => live(each, name, by));
  });
}
