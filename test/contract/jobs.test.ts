// Goal: of all who claim jobs, one has each; whoever lost a job changes nothing; and every job ends.
import t from 'tap';
import type { Engine } from '../../src/engines/engine.js';
import type { ClaimedJob, JobStore, NewJob } from '../../src/engines/job-store.js';
import { openEngine } from '../../src/engines/open.js';
import { systemClock } from '../../src/runtime/clock.js';
import { ManualClock } from '../support/clock.js';
import { type Variant, variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';

const pendingMax = 1_000;
const leaseMs = 60_000;
type Tap = Scope & { equal(found: unknown, wanted: unknown): boolean };

/** A server's claims run out by its own clock: there, time really passes. */
async function world(t: Scope, variant: Variant) {
  const place = await variant.place(t);
  const engine = await openEngine(place, 'writer', { inline: true, clock: new ManualClock(noon) });
  t.teardown(() => engine.close());
  const { jobs } = engine.operations;
  const add = async (...made: Partial<NewJob>[]) => {
    const added = await jobs.add(
      made.map((job, i) => newJob({ id: `job ${i}`, ...job })),
      pendingMax,
    );
    return added?.map(({ id, isNew }) => (isNew ? id : `${id} again`));
  };
  return { engine, place, jobs, add };
}

const newJob = (job: Partial<NewJob>): NewJob => ({
  id: 'job',
  pool: null,
  kind: 'work',
  payload: '{}',
  runAt: null,
  priority: 0,
  attemptsMax: 3,
  dedupe: null,
  schedule: null,
  ...job,
});

interface Row {
  readonly state: string;
  readonly attempts: number;
  readonly token: number;
  readonly error: string | null;
  readonly result: string | null;
  readonly progress: string | null;
  readonly run_at: number;
}

const rowOf = async (engine: Engine, id = 'job 0'): Promise<Row> =>
  (await engine.query<Row>('SELECT * FROM jobs WHERE id = ?', [id]))[0] as Row;

const claimed = async (jobs: JobStore, id = 'job 0', ms = leaseMs): Promise<ClaimedJob> =>
  (await jobs.claim(id, 'me', ms)) as ClaimedJob;

/** Its claim ran out long ago. */
const runOut = async (t: Tap, engine: Engine, jobs: JobStore, claim: ClaimedJob) => {
  t.equal(await jobs.renew(claim, engine.shared ? 1 : 0, null), 'held');
  if (engine.shared) await systemClock.sleep(5);
};

for (const variant of variants) {
  t.test(variant.name, async (t) => {
    t.test('a job is claimed once, and ends with its result', async (t) => {
      const { engine, jobs, add } = await world(t, variant);
      t.strictSame(await add({ payload: '{"a":1}' }), ['job 0']);
      t.strictSame((await jobs.look(['other', 'work'])).due, [{ kind: 'work', id: 'job 0' }]);
      const claim = await claimed(jobs);
      t.match(claim, { kind: 'work', payload: '{"a":1}', attempts: 1, attemptsMax: 3, pool: null });
      t.equal(await jobs.claim('job 0', 'other', leaseMs), null);
      t.strictSame((await jobs.look(['work'])).due, []);
      t.equal(await jobs.renew(claim, leaseMs, 'half'), 'held');
      t.equal(await jobs.complete(claim, '"done"', null), 'succeeded');
      t.match(await rowOf(engine), { state: 'succeeded', result: '"done"', progress: 'half', attempts: 1 });
      t.equal(await jobs.complete(claim, '"twice"', null), null);
    });

    t.test('of many that claim at once, one has it', async (t) => {
      const { jobs, add } = await world(t, variant);
      await add({});
      const all = await Promise.all(Array.from({ length: 8 }, (_, i) => jobs.claim('job 0', `${i}`, leaseMs)));
      t.equal(all.filter((claim) => claim !== null).length, 1);
    });

    t.test('the smallest priority is first, then what was due first; what is due later waits', async (t) => {
      const { jobs, add } = await world(t, variant);
      const at = noon - 10_000;
      await add({ id: 'c', priority: 5, runAt: at - 5 }, { id: 'b', runAt: at }, { id: 'a', runAt: at - 1 });
      await add({ id: 'late', priority: -1, runAt: 4_102_444_800_000 });
      const order: string[] = [];
      for (let [next] = (await jobs.look(['work'])).due; next; [next] = (await jobs.look(['work'])).due) {
        order.push(next.id);
        await claimed(jobs, next.id);
      }
      t.strictSame(order, ['a', 'b', 'c']);
    });

    t.test('whoever lost a job changes nothing of it', async (t) => {
      const { engine, jobs, add } = await world(t, variant);
      await add({});
      const first = await claimed(jobs);
      await runOut(t, engine, jobs, first);
      t.equal(await jobs.complete(first, null, null), null, 'its time is over, though nobody has it');
      t.equal((await jobs.look([])).expired, true);
      t.match(await jobs.reclaim(10), [{ id: 'job 0', state: 'pending', attempts: 1 }]);
      t.equal(await jobs.retry('job 0'), true);
      const second = await claimed(jobs);
      t.equal(second.token, first.token + 1);
      t.equal(await jobs.renew(first, leaseMs, 'zombie'), 'lost');
      t.equal(await jobs.complete(first, '"zombie"', null), null);
      t.equal(await jobs.fail(first, { error: 'zombie', next: 'dead', progress: null }), null);
      t.equal(await jobs.giveBack(first, 0, 'zombie'), null);
      t.equal(await jobs.complete(second, '"second"', null), 'succeeded');
      t.match(await rowOf(engine), { state: 'succeeded', result: '"second"', progress: null });
    });

    t.test('a job that fails waits for a while, and is dead after its last attempt', async (t) => {
      const { engine, place, jobs, add } = await world(t, variant);
      await add({ attemptsMax: 2 });
      const first = await claimed(jobs);
      const before = await rowOf(engine);
      t.equal(await jobs.fail(first, { error: 'broken', next: 'retry', progress: null }), 'pending');
      const waiting = await rowOf(engine);
      t.match(waiting, { error: 'broken', attempts: 1 });
      t.ok(waiting.run_at >= before.run_at && waiting.run_at <= before.run_at + 5_000 + 60_000);
      await variant.meddle(place, 'UPDATE jobs SET run_at = 0');
      const second = await claimed(jobs);
      t.equal(await jobs.fail(second, { error: 'again', next: 'retry', progress: null }), 'dead');
      t.match(await rowOf(engine), { state: 'dead', error: 'again', attempts: 2 });
    });

    t.test('a claim that ran out counts as an attempt, and the last one ends the job', async (t) => {
      const { engine, jobs, add } = await world(t, variant);
      await add({ attemptsMax: 1 });
      await runOut(t, engine, jobs, await claimed(jobs));
      t.match(await jobs.reclaim(10), [{ id: 'job 0', kind: 'work', state: 'dead', attempts: 1 }]);
      t.strictSame(await jobs.reclaim(10), []);
      t.equal((await jobs.look([])).expired, false);
    });

    t.test('what is given back has lost no attempt', async (t) => {
      const { engine, jobs, add } = await world(t, variant);
      await add({ attemptsMax: 1 });
      t.equal(await jobs.giveBack(await claimed(jobs), 0, null), 'pending');
      t.match(await rowOf(engine), { state: 'pending', attempts: 0 });
      t.equal((await claimed(jobs)).attempts, 1);
    });

    t.test('a cancelled job stays cancelled, whatever becomes of it', async (t) => {
      const { engine, jobs, add } = await world(t, variant);
      await add({}, {}, {}, {}, {});
      t.equal(await jobs.cancel('job 0'), 'cancelled');
      t.equal(await jobs.cancel('job 0'), null);
      const ends: ((claim: ClaimedJob) => Promise<unknown>)[] = [
        (claim) => jobs.complete(claim, '"done"', null),
        (claim) => jobs.fail(claim, { error: 'broken', next: 'retry', progress: null }),
        (claim) => jobs.giveBack(claim, 0, null),
      ];
      for (const [i, end] of ends.entries()) {
        const claim = await claimed(jobs, `job ${i + 1}`);
        t.equal(await jobs.cancel(claim.id), 'running');
        t.equal(await jobs.renew(claim, leaseMs, null), 'cancelled');
        t.equal(await end(claim), 'cancelled');
      }
      const gone = await claimed(jobs, 'job 4');
      await jobs.cancel('job 4');
      t.equal(await jobs.renew(gone, engine.shared ? 1 : 0, null), 'cancelled');
      if (engine.shared) await systemClock.sleep(5);
      t.match(await jobs.reclaim(10), [{ id: 'job 4', state: 'cancelled' }]);
      t.strictSame((await jobs.look(['work'])).due, []);
    });

    t.test('a dedupe key keeps a second job out, as long as the first waits or runs', async (t) => {
      const { jobs, add } = await world(t, variant);
      t.strictSame(await add({ dedupe: 'one' }, { dedupe: 'two' }, { id: 'x', kind: 'other', dedupe: 'one' }), [
        'job 0',
        'job 1',
        'x',
      ]);
      t.strictSame(await add({ id: 'new', dedupe: 'one' }), ['job 0 again']);
      const claim = await claimed(jobs);
      t.strictSame(await add({ id: 'new', dedupe: 'one' }), ['job 0 again']);
      await jobs.complete(claim, null, null);
      t.strictSame(await add({ id: 'new', dedupe: 'one' }), ['new']);
      t.equal(await jobs.retry('job 0'), false, 'the other one is active');
    });

    t.test('an instant of a schedule adds its job once, whoever is first', async (t) => {
      const { engine, jobs } = await world(t, variant);
      const fire = { schedule: 'daily', instant: noon };
      const added = await Promise.all(
        Array.from({ length: 6 }, (_, i) => jobs.fire(fire, newJob({ id: `${i}` }), pendingMax)),
      );
      t.equal(added.filter((isNew) => isNew === true).length, 1);
      t.equal((await engine.query('SELECT id FROM jobs')).length, 1);
      t.equal(await jobs.fire({ ...fire, instant: noon + 1 }, newJob({ id: 'n' }), pendingMax), true);
      t.equal(await jobs.fire({ ...fire, instant: noon + 2 }, newJob({ id: 'm' }), 2), null, 'too many wait');
      t.equal(await jobs.fire({ ...fire, instant: noon + 2 }, newJob({ id: 'm' }), 3), true, 'it is not lost');
    });

    t.test('too many jobs are refused whole', async (t) => {
      const { engine, jobs } = await world(t, variant);
      t.equal(await jobs.add([newJob({ id: '1' }), newJob({ id: '2' })], 1), null);
      t.equal((await engine.query('SELECT id FROM jobs')).length, 0);
    });

    t.test('kinds that are paused are not found', async (t) => {
      const { jobs, add } = await world(t, variant);
      await add({}, { kind: 'other' });
      await jobs.pause('work', true);
      await jobs.pause('work', true);
      t.strictSame(await jobs.look(['work', 'other']), {
        due: [{ kind: 'other', id: 'job 1' }],
        expired: false,
        paused: ['work'],
      });
      await jobs.pause('*', true);
      t.strictSame((await jobs.look(['work', 'other'])).due, []);
      await jobs.pause('work', false);
      await jobs.pause('*', false);
      t.equal((await jobs.look(['work', 'other'])).due.length, 2);
    });

    t.test('a claim that ran out is found behind a thousand that did not', async (t) => {
      const { engine, jobs, add } = await world(t, variant);
      await add(...Array.from({ length: 1_000 }, () => ({})));
      for (let i = 0; i < 1_000; i++) await claimed(jobs, `job ${i}`, 3_600_000);
      await add({ id: 'behind' });
      await runOut(t, engine, jobs, await claimed(jobs, 'behind'));
      t.match(await jobs.reclaim(1), [{ id: 'behind' }]);
    });

    t.test('finished jobs go, the oldest first, and nothing else does', async (t) => {
      const { engine, jobs, add } = await world(t, variant);
      await add({}, {}, {}, { id: 'waits' });
      for (const i of [0, 1, 2]) await jobs.complete(await claimed(jobs, `job ${i}`), null, null);
      const kept = { succeededMs: 3_600_000, otherMs: 3_600_000, firesMs: 1, rows: 2 };
      await jobs.fire({ schedule: 's', instant: 5 }, newJob({ id: 'f' }), pendingMax);
      await jobs.fire({ schedule: 's', instant: 6 }, newJob({ id: 'g' }), pendingMax);
      t.equal(await jobs.trim(kept, 100), 2, 'a job, and an instant');
      t.equal((await engine.query("SELECT id FROM jobs WHERE state = 'succeeded'")).length, 2);
      t.strictSame(await engine.query('SELECT instant FROM schedule_fires'), [{ instant: 6 }], 'the newest stays');
      t.equal(await jobs.trim({ ...kept, succeededMs: -1 }, 100), 2);
      t.equal(await jobs.trim({ ...kept, succeededMs: -1 }, 100), 0);
      t.equal(await jobs.discard('waits'), true);
      t.equal(await jobs.discard('waits'), false);
    });
  });
}
