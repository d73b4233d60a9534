// Goal: while somebody works on the ledger, agents and jobs wait and nobody is alarmed, people go on, and it is over at its time on every
// node, also where nobody writes so; the log says that it began and that it ended, each once.
import t from 'tap';
import * as z from 'zod';
import { BackgroundWork } from '../../src/daemon/background-work.js';
import type { EpochMs } from '../../src/events/scalars.js';
import type { Job } from '../../src/jobs/job.js';
import { chores } from '../../src/jobs/registry.js';
import { Work } from '../../src/jobs/work.js';
import { noteEndedMaintenance } from '../../src/ledger/maintenance.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { Watchdog } from '../../src/watch/watchdog.js';
import { command, inside, reading, usage } from '../support/command.js';
import { variants } from '../support/engines.js';
import { hours, minutes, noon } from '../support/fold.js';
import { type LedgerOptions, pool, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { allDelivered, OutboxWorld } from '../support/outbox.js';
import { Receiver } from '../support/receiver.js';
import { serverOn } from './support.js';

const halfAnHour = { for_s: 1_800, reason: 'the disk is exchanged' };
const goesOn = {
  since: new Date(noon).toISOString(),
  until: new Date(noon + minutes(30)).toISOString(),
  reason: halfAnHour.reason,
};

const counting = (ran: () => void): Job<object> => ({
  kind: 'work',
  payload: z.strictObject({}),
  catchUp: 'none',
  leaseMs: 60_000,
  run: async () => ran(),
});

const eventsOf = async (test: TestLedger) =>
  (await test.events()).filter(({ type }) => type.startsWith('maintenance.')).map(({ type }) => type);

for (const engine of variants) {
  const server = async (t: Parameters<typeof temporaryLedger>[0], options: LedgerOptions = {}) => {
    const test = await temporaryLedger(t, { engine, ...options });
    const work = new Work(test.ledger, { outside: { 'x.any': {} } });
    const served = serverOn(t, test, { work, watchdog: new Watchdog(test.ledger) });
    const ask = async (url: string, body?: object) => {
      const answer = body === undefined ? await served.get(url) : await served.post(url, body);
      return { ...answer.json(), status: answer.statusCode };
    };
    return Object.assign(served, { ask });
  };

  t.test(`${engine.name}: agents wait for its end, and go on when it is over, although nobody wrote so`, async (t) => {
    const test = await server(t);
    await test.record(usage('Ada'), usage('Bob', { mode: 'collaboration' }));
    const held = await test.ask('/v1/turns', { name: 'Cid', ttl_s: 7_200 });
    t.match(await test.ask('/v1/maintenance', halfAnHour), { status: 200, maintenance: goesOn });
    t.match(await test.ask('/v1/maintenance'), { maintenance: goesOn });
    t.match(await test.ask('/health'), { status: 200, maintenance: goesOn });

    const report = { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.1 };
    t.match(await test.ask('/resource-share/increment', report), { quota_paused: true, recommended_interval: 1_800 });
    test.clock.advance(minutes(20));
    const advice = {
      may_run: false,
      next_run_at: goesOn.until,
      state: 'blocked',
      advice: {
        quota_paused: true,
        blocked_by: ['maintenance'],
        reason: /^Maintenance goes on for another 10 min \(the disk/,
      },
    };
    t.match(await test.ask('/v1/advice/Ada'), { ...advice, wait_s: 600 });
    test.clock.advance(minutes(9));
    const denied = {
      status: 429,
      cause: 'maintenance',
      retry_after_s: 60,
      reason: /^Maintenance goes on for another 60 s/,
    };
    t.match(await test.ask('/v1/turns', { name: 'Dan' }), denied, 'also where turns are not enforced');

    t.match(
      await test.ask('/v1/turns', { name: 'Cid' }),
      { status: 200, turn: held.turn },
      'a run that was begun goes on',
    );
    await test.record(usage('Bob', { mode: 'collaboration' }));
    t.match(await test.ask('/v1/turns', { name: 'Bob' }), { status: 201 }, 'and so does a person');

    test.clock.advance(minutes(1));
    t.match(await test.ask('/v1/maintenance'), { maintenance: null });
    t.match(await test.ask('/v1/turns', { name: 'Dan' }), { status: 201 });
    t.strictSame(await eventsOf(test), ['maintenance.began']);
    const notes = await Promise.all([1, 2, 3, 4, 5].map(() => noteEndedMaintenance(test.ledger)));
    t.equal(notes.flat().length, 1, 'of many that note it, one does');
    const [ended] = (await test.events()).filter(({ type }) => type === 'maintenance.ended');
    t.match(ended, { occurred_at: noon + minutes(30), payload: { early: false, until: noon + minutes(30) } });
    t.match(await test.replay(), { identical: true });
  });

  t.test(`${engine.name}: it is over when somebody ends it, and lasts longer when it is said again`, async (t) => {
    const test = await server(t);
    await test.record(usage('Ada'));
    await test.ask('/v1/maintenance', halfAnHour);
    test.clock.advance(minutes(10));
    await test.ask('/v1/maintenance', { until: noon + hours(2) });
    const longer = { since: goesOn.since, until: new Date(noon + hours(2)).toISOString(), reason: null };
    t.match(await test.ask('/v1/maintenance', { until: noon + hours(2) }), { maintenance: longer });
    t.strictSame(await eventsOf(test), ['maintenance.began', 'maintenance.began'], 'the same again is no event');
    t.match(await test.ask('/v1/maintenance/end', {}), { ended: true, maintenance: null });
    t.match(await test.ask('/v1/maintenance/end', {}), { ended: false, maintenance: null });
    t.strictSame((await eventsOf(test)).slice(2), ['maintenance.ended']);
    t.match(await test.ask('/v1/advice/Ada'), { advice: { quota_paused: false, blocked_by: [] } });

    const refused = { status: 422, code: 'invalid_field' };
    t.match(await test.ask('/v1/maintenance', {}), refused);
    t.match(await test.ask('/v1/maintenance', { for_s: 60, until: noon + hours(9) }), refused);
    t.match(await test.ask('/v1/maintenance', { until: noon }), { ...refused, detail: /is over already/ });
    t.match(await test.ask('/v1/maintenance', { until: noon + hours(200) }), { ...refused, detail: /7 days/ });
    t.match(await test.ask('/v1/events', { type: 'maintenance.began', payload: {} }), { code: 'unknown_type' });
  });

  t.test(`${engine.name}: no job is claimed, here or by others, until it is over`, async (t) => {
    const test = await server(t);
    let runs = 0;
    const work = new BackgroundWork(test.ledger, {
      pollMs: 1_000,
      more: [counting(() => void runs++)],
      schedules: { 'daily-aggregate': { enabled: false }, work: { every_s: 60 } },
    });
    t.teardown(() => work.stop());
    await test.ask('/v1/maintenance', halfAnHour);
    const added = await work.work.queue.add({ kind: 'work' });
    await test.ask('/v1/jobs', { kind: 'x.any' });
    work.start({ debug() {}, info() {}, warn() {}, error() {} } as never);
    for (let minute = 0; minute < 29; minute += 1) {
      test.clock.advance(minutes(1));
      for (let i = 0; i < 20; i += 1) await nextTurn();
    }
    t.match(await test.ask('/v1/jobs/claim', {}), { status: 200, job: null });
    t.match(await test.ask(`/v1/jobs/${added.id}`), { state: 'pending', attempts: 0 });
    t.match(await test.ask('/v1/jobs'), { jobs: { length: 2 } }, 'schedules add nothing either');
    while (runs === 0) {
      test.clock.advance(1_000);
      await nextTurn();
    }
    t.ok(test.clock.now() >= noon + minutes(30));
    t.match(await test.ask('/v1/jobs/claim', {}), { job: { kind: 'x.any' } });
    while ((await eventsOf(test)).length < 2) await nextTurn();
    t.strictSame(await eventsOf(test), ['maintenance.began', 'maintenance.ended'], 'the daemon noted the end');
  });

  t.test(`${engine.name}: the watchdog raises nothing, and what is open is cleared`, async (t) => {
    const test = await server(t);
    await test.record(usage('Ada'), reading('week_all', 10_000, { resets_at: noon + hours(100) }));
    await test.ask('/v1/maintenance', { for_s: 7_200 });
    test.clock.advance(hours(1));
    await test.record(command('quota.exhausted', { window: 'week_all', until: noon + hours(100), evidence: '429' }));
    const held = { pools: [{ raised: [], held_back: ['window-exhausted: week_all'] }] };
    t.match(await test.ask('/v1/watchdog', {}), held);
    test.clock.advance(hours(1));
    t.match(await test.ask('/v1/watchdog', {}), { pools: [{ raised: ['window-exhausted: week_all'] }] });
  });

  t.test(`${engine.name}: who could not come back during it is not late the moment it ends`, async (t) => {
    const test = await server(t);
    await test.record(usage('Ada'));
    await test.ask('/v1/maintenance', { for_s: 7_200 });
    test.clock.advance(hours(2) + minutes(29));
    t.match(await test.ask('/v1/watchdog', {}), { pools: [{ raised: [] }] });
    test.clock.advance(minutes(2));
    t.match(await test.ask('/v1/watchdog', {}), { pools: [{ raised: ['identity-overdue: Ada'] }] });
  });

  t.test(`${engine.name}: it survives a restart, and a state that was read from a snapshot`, async (t) => {
    const test = await server(t);
    await test.record(usage('Ada'));
    await test.ask('/v1/maintenance', halfAnHour);
    await test.app.close();
    await test.close();
    test.clock.advance(minutes(10));
    const again = await server(t, { place: test.place, clock: test.clock });
    t.match(await again.ask('/v1/maintenance'), { maintenance: goesOn });
    t.match(await again.ask('/v1/turns', { name: 'Ada' }), { status: 429, cause: 'maintenance' });
  });

  if (engine.name === 'postgres')
    t.test('a node that did not begin it claims nothing from the moment it is recorded', async (t) => {
      const one = await server(t);
      const two = await server(t, { place: one.place, clock: one.clock });
      let runs = 0;
      const work = new BackgroundWork(two.ledger, {
        pollMs: 1_000,
        more: [counting(() => void runs++)],
        schedules: { 'daily-aggregate': { enabled: false } },
      });
      t.teardown(() => work.stop());
      // The follower of the other node sleeps: the clock stands.
      await one.ask('/v1/maintenance', halfAnHour);
      await work.work.queue.add({ kind: 'work' });
      const before = two.clock.waiting;
      work.start({ debug() {}, info() {}, warn() {}, error() {} } as never);
      // Each chore that is done again, and the runner, once it has looked.
      const regular = chores.filter(({ schedule }) => schedule !== undefined).length;
      await two.clock.whenWaiting(before + regular + 1);
      t.equal(runs, 0);
      t.match(await two.ask('/v1/maintenance'), { maintenance: goesOn });
    });

  t.test(`${engine.name}: an endpoint is told before and after`, async (t) => {
    const world = await OutboxWorld.start(t, { engine });
    const receiver = await Receiver.start(t);
    await world.add(receiver.url, { format: 'ntfy' });
    await world.post('maintenance', halfAnHour);
    await world.post('maintenance/end');
    await world.until(allDelivered(2));
    t.strictSame(
      receiver.got.map(({ body }) => body),
      [
        'Maintenance until 2026-01-05 12:30:00Z: agents and jobs wait. Why: the disk is exchanged. (pool default, event 2)',
        'Maintenance is over: agents and jobs go on. (pool default, event 3)',
      ],
    );
  });
}

t.test('one that began by a clock that was ahead lasts as long as it was to last', async (t) => {
  const test = await temporaryLedger(t);
  test.clock.goTo(noon + hours(10));
  await test.record(inside('maintenance.began', { until: (noon + hours(11)) as EpochMs }));
  const [from, to] = [(noon + hours(10)) as EpochMs, noon as EpochMs];
  test.clock.suspend(-hours(10));
  await test.record(inside('clock.corrected', { from, to }));
  t.match(test.ledger.state(pool).maintenance, { since: noon, until: noon + hours(1) });
});
