// Goal: what is to be done is done once, tried again when it fails, made up for when it was missed, and nothing is written in between.
import t from 'tap';
import * as z from 'zod';
import { BackgroundWork, type WorkSettings } from '../../src/daemon/background-work.js';
import type { EpochMs, PoolId } from '../../src/events/scalars.js';
import type { Job } from '../../src/jobs/job.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { ManualClock } from '../support/clock.js';
import { type Variant, variants } from '../support/engines.js';
import { days, minutes, noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { pool, type TestLedger, temporaryLedger } from '../support/ledger.js';

type Given = Partial<Job<Record<string, unknown>>>;

const jobOf = (given: Given): Job<Record<string, unknown>> => ({
  kind: 'work',
  payload: z.record(z.string(), z.unknown()),
  catchUp: 'none',
  leaseMs: 60_000,
  run: async () => undefined,
  ...given,
});

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly attempts: number;
  readonly error: string | null;
  readonly result: string | null;
  readonly progress: string | null;
  readonly schedule: string | null;
  readonly payload: string;
}

/** Nothing but what the test says: the daily schedule is off where it is not asked for. */
async function world(
  t: Scope,
  engine: Variant,
  settings: WorkSettings = {},
  clock = new ManualClock(noon),
  place?: string,
) {
  const test = await temporaryLedger(t, {
    engine,
    clock,
    timeZone: 'Europe/Berlin',
    ...(place === undefined ? {} : { place }),
  });
  const schedules = { 'daily-aggregate': { enabled: false }, ...settings.schedules };
  const said: string[] = [];
  const note = (_: unknown, text: string) => void said.push(text);
  const log = { debug() {}, info: note, warn: note, error: note };
  const begin = () => {
    const work = new BackgroundWork(test.ledger, { ...settings, schedules });
    work.start(log as never);
    const stop = () => work.stop();
    t.teardown(stop);
    return { queue: work.work.queue, stop };
  };
  const rows = () => test.ledger.query<Row>('SELECT * FROM jobs ORDER BY id');
  return { test, clock, said, begin, rows };
}

/** Time passes in the world until something is so. */
async function until<T>(clock: ManualClock, check: () => Promise<T | undefined | false>, stepMs = 20): Promise<T> {
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    clock.advance(stepMs);
    await nextTurn();
  }
}

const allEnded = (rows: () => Promise<Row[]>, count: number) => async () => {
  const found = await rows();
  return found.length === count && found.every(({ state }) => !/pending|running/.test(state)) && found;
};

const closedDays = async ({ ledger }: TestLedger) =>
  (await ledger.readEvents(pool, { types: ['day.closed'], limit: 100 })).map(
    (event) => (event.payload as { readonly date: string }).date,
  );

for (const engine of variants) {
  t.test(engine.name, async (t) => {
    t.test('a job that is added is done at once, and its result, progress and lines are kept', async (t) => {
      const job = jobOf({
        run: async ({ log, progress }, payload) => {
          progress(0.5);
          log.info('half way');
          return { had: payload };
        },
      });
      const { begin, clock, rows } = await world(t, engine, { more: [job] });
      const { queue } = begin();
      await queue.add({ kind: 'work', payload: { a: 1 } });
      const [row] = await until(clock, allEnded(rows, 1), 0);
      t.match(row, { state: 'succeeded', attempts: 1, result: '{"had":{"a":1}}' });
      t.strictSame(JSON.parse(row?.progress ?? ''), { ratio: 0.5, lines: ['half way'] });
      await t.rejects(queue.add({ kind: 'unknown' }), { code: 'job_kind_unknown' });
      await t.rejects(queue.add({ kind: 'work', payload: { a: 'x'.repeat(70_000) } }), { code: 'too_large' });
    });

    t.test('a job that fails is tried again until it is dead, and people are told', async (t) => {
      const run = async ({ job }: { job: { attempt: number } }) => {
        throw new Error(`attempt ${job.attempt} is broken`);
      };
      const { begin, clock, rows, test } = await world(t, engine, { more: [jobOf({ run, attemptsMax: 2 })] });
      await begin().queue.add({ kind: 'work' });
      const [row] = await until(clock, async () => {
        // By the clock of the storage its pause would really pass.
        await engine.meddle(test.place, 'UPDATE jobs SET run_at = 0');
        return allEnded(rows, 1)();
      });
      t.match(row, { state: 'dead', attempts: 2, error: 'attempt 2 is broken' });
      const alerts = async () => test.ledger.readEvents(pool, { types: ['alert.raised'], limit: 10 });
      const told = await until(clock, async () => (await alerts()).length > 0 && alerts());
      t.match(told, [{ payload: { rule: 'job-dead', subject: 'work' } }]);
    });

    t.test('what cannot be read is dead at once', async (t) => {
      const { begin, clock, rows, test } = await world(t, engine, {
        more: [jobOf({ payload: z.strictObject({ a: z.number() }) as never })],
      });
      const { queue } = begin();
      await t.rejects(queue.add({ kind: 'work', payload: { a: 'one' } }), { code: 'invalid_field' });
      const made = queue.make({ kind: 'work', payload: { a: 1 } });
      await test.ledger.jobStore.add([{ ...made, payload: '{"a":"one"}' }], 10);
      const [row] = await until(clock, allEnded(rows, 1));
      t.match(row, { state: 'dead', attempts: 1, error: /cannot be read/ });
    });

    t.test('a cancelled job ends, and stays cancelled', async (t) => {
      const run = async (_: unknown, __: unknown, signal: AbortSignal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return 'done all the same';
      };
      const { begin, clock, rows } = await world(t, engine, { more: [jobOf({ run })] });
      const { queue } = begin();
      const { id } = await queue.add({ kind: 'work' });
      await until(clock, async () => (await rows())[0]?.state === 'running', 0);
      t.equal(await queue.cancel(id), 'running');
      const [row] = await until(clock, allEnded(rows, 1), 0);
      t.match(row, { state: 'cancelled', result: '"done all the same"' });
      await t.rejects(queue.cancel(id), { code: 'job_ended' });
    });

    t.test('a cancellation from another process arrives with the next heartbeat', async (t) => {
      const run = (_: unknown, __: unknown, signal: AbortSignal) =>
        new Promise((resolve) => signal.addEventListener('abort', resolve));
      const { begin, clock, rows, test } = await world(t, engine, { more: [jobOf({ run })] });
      const { id } = await begin().queue.add({ kind: 'work' });
      await until(clock, async () => (await rows())[0]?.state === 'running', 0);
      await test.ledger.jobStore.cancel(id);
      clock.advance(12_000);
      t.match(await until(clock, allEnded(rows, 1), 0), [{ state: 'cancelled' }], 'a fifth of the lease has passed');
    });

    t.test('a daemon that ends gives back what takes too long, without an attempt', async (t) => {
      const run = (_: unknown, __: unknown, signal: AbortSignal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      const stubborn = jobOf({ kind: 'stubborn', run: () => new Promise(() => undefined) });
      const { begin, clock, rows } = await world(t, engine, { more: [jobOf({ run }), stubborn] });
      const work = begin();
      await work.queue.add({ kind: 'work' });
      await work.queue.add({ kind: 'stubborn' });
      await until(clock, async () => (await rows()).every(({ state }) => state === 'running'), 0);
      await clock.advanceUntil(work.stop(), 100);
      t.match(await rows(), [
        { state: 'pending', attempts: 0, error: null },
        { state: 'pending', attempts: 0, error: null },
      ]);
    });

    t.test('a job that is told to end and does not is told to people, until it ends', async (t) => {
      const end = new AbortController();
      const run = () => new Promise((resolve) => end.signal.addEventListener('abort', resolve));
      let kills = 0;
      const kill = () => {
        kills += 1;
      };
      const { begin, clock, rows, said, test } = await world(t, engine, { more: [jobOf({ run })], kill });
      const { queue } = begin();
      const { id } = await queue.add({ kind: 'work' });
      await until(clock, async () => (await rows())[0]?.state === 'running', 0);
      await queue.cancel(id);
      const alerts = async (type: 'alert.raised' | 'alert.cleared') => {
        const found = await test.ledger.readEvents(pool, { types: [type], limit: 10 });
        return found.length > 0 && found;
      };
      const told = clock.now();
      const raised = await until(clock, () => alerts('alert.raised'), 1_000);
      t.ok(clock.now() - told >= 30_000, 'it has 30 seconds');
      t.match(raised, [{ payload: { rule: 'job-stuck', subject: 'work', dedupe_key: 'job-stuck:work' } }]);
      t.ok(said.includes('a job that is to end does not'));
      t.equal(kills, 1, 'where the process may end for it, it is told to');
      clock.advance(minutes(5));
      for (let i = 0; i < 5; i += 1) await nextTurn();
      t.match(await alerts('alert.raised'), { length: 1 }, 'once');
      end.abort();
      const cleared = await until(clock, () => alerts('alert.cleared'), 0);
      t.match(cleared, [{ payload: { dedupe_key: 'job-stuck:work' } }]);
      t.match(await until(clock, allEnded(rows, 1), 0), [{ state: 'cancelled' }]);
    });

    t.test('a storage that is full costs no attempt', async (t) => {
      let tries = 0;
      const run = async () => {
        tries += 1;
        if (tries === 1)
          throw new (await import('../../src/problems.js')).Problem('storage_failed', 'the disk is full');
      };
      const { begin, clock, rows, test } = await world(t, engine, { more: [jobOf({ run })] });
      await begin().queue.add({ kind: 'work' });
      await until(clock, async () => (await rows())[0]?.error === 'the disk is full', 0);
      t.match(await rows(), [{ state: 'pending', attempts: 0 }]);
      await engine.meddle(test.place, 'UPDATE jobs SET run_at = 0');
      t.match(await until(clock, allEnded(rows, 1)), [{ state: 'succeeded', attempts: 1, error: null }]);
    });

    t.test('of one kind one job runs at once, of others beside it; more where it is set', async (t) => {
      for (const concurrency of [1, 2]) {
        let most = 0;
        let under = 0;
        const open = new AbortController();
        const run = async () => {
          under += 1;
          most = Math.max(most, under);
          if (!open.signal.aborted) await new Promise((resolve) => open.signal.addEventListener('abort', resolve));
          under -= 1;
        };
        const more = [jobOf({ run }), jobOf({ kind: 'other' })];
        const { begin, clock, rows } = await world(t, engine, { more, concurrency });
        const { queue } = begin();
        for (const kind of ['work', 'work', 'work', 'other']) await queue.add({ kind });
        const isBusy = async () => {
          const found = await rows();
          return (
            found[3]?.state === 'succeeded' && found.filter(({ state }) => state === 'running').length === concurrency
          );
        };
        await until(clock, isBusy, 0);
        open.abort();
        await until(clock, allEnded(rows, 4), 0);
        t.equal(most, concurrency);
      }
    });

    t.test('kinds that are paused wait, and their schedules, too', async (t) => {
      const job = jobOf({ schedule: { everyMs: minutes(5) } });
      const { begin, clock, rows } = await world(t, engine, { more: [job] });
      const { queue } = begin();
      await queue.pause('work', true);
      await queue.add({ kind: 'work' });
      for (let i = 0; i < 100; i++) {
        clock.advance(5_000);
        await nextTurn();
      }
      t.match(await rows(), [{ state: 'pending' }]);
      await queue.pause('work', false);
      await until(clock, async () => (await rows())[0]?.state === 'succeeded');
    });

    t.test('days that have ended are closed, in order, also those that were missed', async (t) => {
      const settings = { schedules: { 'daily-aggregate': {} } };
      const clock = new ManualClock(noon);
      const { test, begin, rows } = await world(t, engine, settings, clock);
      clock.goTo(noon + days(3));
      const work = begin();
      await until(clock, allEnded(rows, 3));
      t.strictSame(await closedDays(test), ['2026-01-05', '2026-01-06', '2026-01-07']);
      await work.stop();
      await begin();
      for (let i = 0; i < 20; i++) {
        clock.advance(5_000);
        await nextTurn();
      }
      t.equal((await closedDays(test)).length, 3, 'and once');
    });

    t.test('a day whose totals late reports changed is restated', async (t) => {
      const settings = { schedules: { 'daily-aggregate': {} } };
      const { test, begin, clock, rows } = await world(t, engine, settings);
      clock.goTo(noon + days(1));
      const work = begin();
      await until(clock, allEnded(rows, 1));
      const late = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } as const;
      await test.ledger.submitOne(pool as PoolId, {
        type: 'usage.recorded',
        payload: late as never,
        occurredAt: noon as EpochMs,
        actor: 'local',
        source: 'test/1',
      });
      await work.queue.add({ kind: 'daily-aggregate', payload: { date: '2026-01-05' } });
      await until(clock, allEnded(rows, 2));
      t.strictSame(await closedDays(test), ['2026-01-05', '2026-01-05']);
      t.match(await test.ledger.query('SELECT late_reports FROM daily_resource_share'), [{ late_reports: 0 }]);
    });

    t.test('schedules that nobody knows, or that never come, are refused at the start', async (t) => {
      const { test } = await world(t, engine);
      const made = (schedules: WorkSettings['schedules']) => new BackgroundWork(test.ledger, { schedules });
      t.throws(() => made({ unknown: {} }), { code: 'setting_invalid' });
      t.throws(() => made({ 'daily-aggregate': { cron: '0 0 30 2 *' } }), { code: 'setting_invalid' });
    });
  });
}
