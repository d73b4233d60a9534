// Goal: chores run by their schedule, one run at a time, and a daemon that stops waits for the runs under way.
import t from 'tap';
import type { Chore } from '../../src/jobs/chore.js';
import { runChores } from '../../src/jobs/chore-runner.js';
import { WorkFigures } from '../../src/jobs/figures.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { StorageError } from '../../src/storage-error.js';
import { ManualClock } from '../support/clock.js';
import { noon } from '../support/fold.js';

function world(make: (ran: string[]) => Partial<Chore>[]) {
  const clock = new ManualClock(noon);
  const stopped = new AbortController();
  const ran: string[] = [];
  const failed: unknown[] = [];
  const figures = new WorkFigures();
  const log = { debug() {}, info() {}, warn() {}, error: (what: object) => void failed.push(what) };
  const chores = make(ran).map((chore, i): Chore => {
    const kind = `chore-${i}`;
    return { kind, run: async () => {}, ...chore };
  });
  const ended = runChores(chores, { ledger: null as never, log: log as never, figures }, clock, stopped.signal);
  return { clock, stopped, ran, failed, ended, figures };
}

t.test('each chore runs at its times, and at the start if it says so or has no schedule', async (t) => {
  const { clock, ran, stopped } = world((ran) => [
    { run: async () => void ran.push('once') },
    { schedule: { everyMs: 300, atStart: true }, run: async () => void ran.push('often') },
    { schedule: { everyMs: 500, atStart: false }, run: async () => void ran.push('seldom') },
  ]);
  t.strictSame(ran, ['once', 'often']);
  for (let passed = 0; passed < 1_000; passed += 100) {
    clock.advance(100);
    await nextTurn();
  }
  t.strictSame(ran.slice(2), ['often', 'seldom', 'often', 'often', 'seldom']);
  stopped.abort();
  t.equal(clock.waiting, 0, 'nothing is scheduled any more');
});

t.test('a run that takes longer than the time between two is not joined by another', async (t) => {
  let end: () => void = () => undefined;
  const { clock, ran } = world((ran) => [
    {
      schedule: { everyMs: 100, atStart: true },
      run: () => {
        ran.push('begun');
        return new Promise<void>((resolve) => {
          end = resolve;
        });
      },
    },
  ]);
  clock.advance(1_000);
  await nextTurn();
  t.strictSame(ran, ['begun']);
  end();
  await nextTurn();
  clock.advance(100);
  t.strictSame(ran, ['begun', 'begun']);
});

t.test('a run that fails is logged, and the next one tries again', async (t) => {
  const { clock, ran, failed } = world((ran) => [
    {
      schedule: { everyMs: 100, atStart: true },
      run: async () => {
        ran.push('run');
        throw new Error('broken');
      },
    },
  ]);
  await nextTurn();
  t.match(failed, [{ err: { message: 'broken' }, chore: 'chore-0' }]);
  clock.advance(100);
  t.equal(ran.length, 2);
});

t.test('people are shown when each ran last, how long it took, and why it failed', async (t) => {
  let end: () => void = () => undefined;
  const outcomes = [new Error('broken'), null];
  const { clock, figures } = world(() => [
    {
      schedule: { everyMs: 100, atStart: true },
      run: async () => {
        const outcome = outcomes.shift();
        if (outcome) throw outcome;
        await new Promise<void>((resolve) => {
          end = resolve;
        });
      },
    },
    { schedule: { everyMs: 500, atStart: false } },
  ]);
  await nextTurn();
  const of = { kind: 'chore-0', everyMs: 100 };
  const later = { kind: 'chore-1', everyMs: 500, startedAt: null, tookMs: null, error: null };
  t.strictSame(figures.chores, [{ ...of, startedAt: noon, tookMs: 0, error: 'broken' }, later]);
  clock.advance(100);
  await nextTurn();
  t.strictSame(figures.chores, [{ ...of, startedAt: noon + 100, tookMs: null, error: null }, later], 'it runs');
  clock.advance(70);
  end();
  await nextTurn();
  t.strictSame(figures.chores, [{ ...of, startedAt: noon + 100, tookMs: 70, error: null }, later]);
});

t.test('what fails in the same way is said once, until it works or fails otherwise', async (t) => {
  const outcomes = ['broken', 'broken', null, 'broken', 'worse', 'worse'];
  const { clock, failed } = world(() => [
    {
      schedule: { everyMs: 100, atStart: true },
      run: async () => {
        const outcome = outcomes.shift();
        if (outcome) throw new Error(outcome);
      },
    },
    {
      schedule: { everyMs: 100, atStart: true },
      run: async () => {
        throw new StorageError('gone', 'the file was removed');
      },
    },
  ]);
  for (let runs = 0; runs < 6; runs += 1) {
    await nextTurn();
    clock.advance(100);
  }
  await nextTurn();
  t.same(
    failed.map((each) => (each as { err: Error }).err.message),
    ['broken', 'broken', 'worse'],
    'and that the storage is gone by who looks after it',
  );
});

t.test(
  'the signal ends the runs under way, which are waited for, and what they fail with then is no failure',
  async (t) => {
    const { stopped, ran, failed, ended } = world((ran) => [
      {
        run: async (_context, signal) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          await nextTurn();
          ran.push('cleared up');
          signal.throwIfAborted();
        },
      },
    ]);
    stopped.abort();
    await ended();
    t.strictSame([ran, failed], [['cleared up'], []]);
  },
);
