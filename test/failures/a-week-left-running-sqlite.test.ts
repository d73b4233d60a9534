/**
 * Case: a machine that somebody set up once and forgot. Three agents that obey share a quota for a week in which a window is full, a reader
 * goes silent, the disk fills up, and an endpoint is dead all the time. Each is told once, to whoever listens; nobody who obeys is called
 * silent.
 */
import t from 'tap';
import { Watchdog, watchDefaults } from '../../src/watch/watchdog.js';
import { ManualClock } from '../support/clock.js';
import { command, register, usage } from '../support/command.js';
import { days, hours, minutes } from '../support/fold.js';
import { pool } from '../support/ledger.js';
import { OutboxWorld } from '../support/outbox.js';
import { randomSource } from '../support/random.js';
import { Receiver } from '../support/receiver.js';

const stepMs = minutes(10);
const readEveryMs = minutes(30);
const sessionMs = hours(5);
const monday = Date.parse('2026-01-05T00:00:00Z');
const gib = 2 ** 30;

interface AlertEvent {
  readonly seq: number;
  readonly payload: { readonly dedupe_key: string };
}

t.test('a week of three', { timeout: 400_000 }, async (t) => {
  const clock = new ManualClock(monday);
  const world = await OutboxWorld.start(t, { clock });
  const { test } = world;
  const budget = 200_000_000;
  await test.record(...['Ada', 'Ben', 'Cleo'].map((name) => register(name)));
  await test.record(command('policy.set', { interval_s_min: 1_800, interval_s_base: 3_600 }));

  const at = (day: number, hour: number) => monday + days(day) + hours(hour);
  const full = { from: at(1, 11), to: at(1, 15) };
  const diskFull = { from: at(5, 3), to: at(5, 9) };
  const silentFrom = at(3, 12);
  const isIn = ({ from, to }: { readonly from: number; readonly to: number }) =>
    clock.now() >= from && clock.now() < to;
  const disk = async () => ({ folder: '/data', freeBytes: isIn(diskFull) ? gib / 8 : 100 * gib });
  const watchdog = new Watchdog(test.ledger, watchDefaults, { disk });
  const [listener, broken] = [await Receiver.start(t), await Receiver.start(t)];
  broken.answer = () => ({ status: 500 });
  await world.add(listener.url);
  const { id: brokenId } = await world.add(broken.url);

  const random = randomSource(7);
  const agents = ['Ada', 'Ben', 'Cleo'].map((name) => ({ name, next: monday, used: 0 }));
  let used = 0;
  const run = async () => {
    const due = agents.filter(({ next }) => next <= clock.now());
    for (const agent of due) {
      const cost = Math.round(2_000_000 * (0.5 + random()));
      used += cost;
      const [outcome] = await test.ledger.submit(pool, {
        commands: [usage(agent.name, { cost_micro_usd: cost })],
        advise: true,
      });
      if (outcome?.status !== 'recorded' || outcome.advice === undefined) throw new Error(JSON.stringify(outcome));
      agent.next = clock.now() + outcome.advice.interval_s * 1_000;
    }
  };
  const read = async () => {
    const now = clock.now();
    const percent = isIn(full) ? 10_000 : Math.round((10_000 * used) / budget);
    const resetsAt = monday + (Math.floor((now - monday) / sessionMs) + 1) * sessionMs;
    await test.record(
      command('quota.read', { windows: [{ key: 'session_5hour', percent_bp: percent, resets_at: resetsAt }] }),
    );
  };
  const raised: string[] = [];
  const cleared: string[] = [];
  for (let now = monday + stepMs; now <= at(7, 0); now += stepMs) {
    clock.advance(stepMs);
    if ((now - monday) % sessionMs === 0) used = 0;
    await run();
    if ((now - monday) % readEveryMs === 0 && now < silentFrom) await read();
    for (const look of await watchdog.look()) {
      raised.push(...look.raised.map((alert) => `${new Date(now).toISOString()} ${alert}`));
      cleared.push(...look.cleared);
    }
  }
  const text = (time: number) => new Date(time).toISOString();
  t.same(raised, [
    `${text(full.from)} window-exhausted: session_5hour`,
    `${text(full.from)} unattributed-use: session_5hour`,
    `${text(silentFrom + minutes(40))} quota-stale: quota`,
    `${text(diskFull.from)} disk-low: disk`,
  ]);
  t.same(cleared, ['window-exhausted: session_5hour', 'unattributed-use: session_5hour', 'disk-low: disk']);

  const all = await world.until((found) => found.every(({ state }) => state === 'delivered' || state === 'dead'));
  const ofType = async (type: string) =>
    (await world.get<{ events: readonly AlertEvent[] }>(`events?type=${type}&limit=1000`)).events;
  const events = [...(await ofType('alert.raised')), ...(await ofType('alert.cleared'))].sort((a, b) => a.seq - b.seq);
  const dead = events.filter(({ payload }) => payload.dedupe_key === `delivery-dead:${brokenId}`);
  t.equal(dead.length, 1, 'that messages do not arrive is told once');
  t.equal(events.length, raised.length + cleared.length + dead.length, 'nothing else is told');
  const seqs = events.map(({ seq }) => seq);
  // A message that is on its way while the clock goes ten minutes is sent again, under the same id.
  const heard = new Map(listener.bodies.map(({ seq }, at) => [listener.ids[at], seq]));
  t.same([...heard.values()], seqs, 'who listens is told each, in order');
  const lost = all.filter(({ endpoint }) => endpoint === brokenId);
  t.ok(lost.length > 0 && lost.every(({ state }) => state === 'dead'), 'what never arrived is kept as dead');
});
