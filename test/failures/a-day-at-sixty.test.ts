/**
 * Case: what a week on a clock of the test shows, shown of the program itself: a daemon, and where there is one its server, live a day sixty
 * times as fast, with three agents that obey, a reader that goes silent, a window that is full, an endpoint that is gone, one that answers
 * nothing but errors, and a disk that fills up. It takes 25 minutes: with DAY=1 in the environment. Both engines live it at the same time.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { type Daemon, spawnDaemonIn } from '../support/daemon.js';
import { fastClock, withoutFaketime } from '../support/faketime.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { PostgresServer } from '../support/postgres-server.js';
import { Receiver } from '../support/receiver.js';

const factor = 60;
const hours = 24;
const skip = process.env.DAY === '1' ? withoutFaketime : 'DAY=1 runs it';
const hourMs = 3_600_000;
const mebibyte = 1_048_576;

interface AlertEvent {
  readonly seq: number;
  readonly type: string;
  readonly occurred_at: string;
  readonly payload: { readonly rule?: string; readonly dedupe_key: string; readonly subject?: string };
}

/** A disk of its own, which a test can fill; null where nothing can be mounted. */
function smallDisk(t: Scope, mebibytes: number): string | null {
  const folder = join(temporaryFolder(t), 'disk');
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'none', folder]).status !== 0) return null;
  t.teardown(() => void execFileSync('umount', ['--lazy', folder]));
  return folder;
}

/** Asks a daemon; the time of its answer is the daemon's. */
async function ask<T>({ url }: Daemon, path: string, body?: object): Promise<{ at: number; status: number; body: T }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, body && { method: 'POST', headers, body: JSON.stringify(body) });
  const at = Date.parse(answer.headers.get('date') ?? '');
  return { at, status: answer.status, body: (await answer.json()) as T };
}

t.jobs = 2;
for (const engine of ['sqlite', 'postgres'] as const) {
  t.test(`${engine}: a day of three`, { skip, timeout: 3_000_000 }, async (t) => {
    const clock = fastClock(factor);
    const disk = engine === 'sqlite' ? smallDisk(t, 160) : null;
    const place =
      engine === 'sqlite'
        ? join(disk ?? temporaryFolder(t), 'data')
        : `${(await PostgresServer.temporary(t, {}, clock)).url()}?connect_timeout=600`;
    const daemon = await spawnDaemonIn(
      { ...clock, RESOURCE_SHARE_WEBHOOKS_ALLOW_HOSTS: '127.0.0.1', RESOURCE_SHARE_ALERTS_DISK_FREE_MIB: '64' },
      place,
    );
    t.teardown(() => daemon.stop());
    const event = async (type: string, payload: object) => {
      const { status } = await ask(daemon, '/v1/events', { type, payload });
      if (status >= 300) throw new Error(`${type}: ${status}`);
    };
    for (const name of ['Ada', 'Ben', 'Cleo']) await event('identity.registered', { name });
    await event('policy.set', { interval_s_min: 1_800, interval_s_base: 3_600 });
    const [listener, gone, failing] = [await Receiver.start(t), await Receiver.start(t), await Receiver.start(t)];
    gone.answer = () => ({ status: 410 });
    failing.answer = () => ({ status: 500 });
    for (const { url } of [listener, gone, failing])
      await ask(daemon, '/v1/webhook-endpoints', { url, types: ['alert.*'] });

    const begun = (await ask(daemon, '/health')).at;
    const hour = (count: number) => begun + count * hourMs;
    const full = { from: hour(3), to: hour(5) };
    const silent = { from: hour(8), to: hour(12) };
    const diskFull = { from: hour(15), to: hour(17) };
    let now = begun;
    let used = 0;
    const isIn = ({ from, to }: { readonly from: number; readonly to: number }) => now >= from && now < to;
    const isOver = () => now >= hour(hours);

    const agent = async (name: string) => {
      while (!isOver()) {
        const cost = 1_000_000 + 500_000 * Math.sin(now);
        const body = { type: 'usage.recorded', payload: { name, mode: 'autonomy', cost_micro_usd: Math.round(cost) } };
        const answer = await ask<{ advice: { interval_s: number } }>(daemon, '/v1/events', body);
        if (answer.status !== 201) throw new Error(`${name}: ${JSON.stringify(answer)}`);
        used += cost;
        await wait((answer.body.advice.interval_s * 1_000) / factor);
      }
    };
    const reader = async () => {
      const length = 5 * hourMs;
      let window = 0;
      while (!isOver()) {
        now = (await ask(daemon, '/health/live')).at;
        const passed = Math.floor((now - begun) / length);
        if (passed > window) used = 0;
        window = passed;
        const percent = isIn(full) ? 10_000 : Math.min(9_000, Math.round((used / 200_000_000) * 10_000));
        const windows = [{ key: 'session_5hour', percent_bp: percent, resets_at: begun + (window + 1) * length }];
        if (!isIn(silent)) await event('quota.read', { windows });
        await wait((hourMs / 2 / factor) | 0);
      }
    };
    const fillDisk = async () => {
      const file = disk === null ? null : join(disk, 'somebody-elses');
      let isFull = false;
      while (!isOver()) {
        if (file !== null && isIn(diskFull) !== isFull) {
          isFull = !isFull;
          if (isFull) writeFileSync(file, Buffer.alloc(120 * mebibyte));
          else rmSync(file);
        }
        await wait(500);
      }
    };
    await Promise.all([reader(), fillDisk(), ...['Ada', 'Ben', 'Cleo'].map(agent)]);

    const ofType = async (type: string) =>
      (await ask<{ events: readonly AlertEvent[] }>(daemon, `/v1/events?type=${type}&limit=1000`)).body.events;
    const events = [...(await ofType('alert.raised')), ...(await ofType('alert.cleared'))].sort(
      (a, b) => a.seq - b.seq,
    );
    t.comment(
      events.map(({ type, occurred_at: at, payload }) => `${at} ${type} ${payload.rule ?? ''} ${payload.dedupe_key}`),
    );
    const rules = (type: string) =>
      events
        .filter((each) => each.type === type)
        .map(({ payload: { dedupe_key: key } }) => key.replace(/:ep_\w+/, ''))
        .sort();
    const onDisk = disk === null ? [] : ['disk-low:disk'];
    // What the window holds is not known yet when it is full, and so nothing of what others used of it.
    const passing = ['window-exhausted:session_5hour', 'quota-stale:quota', ...onDisk];
    t.same(rules('alert.raised'), [...passing, 'delivery-dead'].sort());
    t.same(rules('alert.cleared'), [...passing].sort());
    const heard = new Set(listener.bodies.map(({ seq }) => seq));
    t.same(
      [...heard],
      events.map(({ seq }) => seq),
      'who listens is told each, in order',
    );
    t.equal(await daemon.stop(), 0);
  });
}
