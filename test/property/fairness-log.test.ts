// The same life, lived in ways that ought to make no difference, makes none: agents are told the same to the second.
import t from 'tap';
import { evolve } from '../../src/events/evolve.js';
import { emptyState, restoreState, serialiseState } from '../../src/events/state.js';
import { shares } from '../../src/fairness/shares.js';
import { equal } from '../support/equal.js';
import { type Life, someLives } from '../support/lives.js';
import { Living, type Way } from '../support/living.js';

const seed = Number(process.env.SEED ?? 20_260_109);
const runs = Number(process.env.RUNS ?? 40);
const stepsMax = 90;

t.comment(`seed ${seed}`);
const some = someLives(runs, stepsMax, seed);

/** Lives every life both ways and compares what was told. Returns how many answers were compared. */
function compare(one: Way, other: Way, check: (a: Living, b: Living) => void = () => undefined): number {
  return tally((life) => {
    const [a, b] = [new Living(life, one), new Living(life, other)];
    equal(b.intervals, a.intervals, 'intervals');
    check(a, b);
    return a.told.length;
  });
}

function tally(each: (life: Life) => number): number {
  let count = 0;
  for (const [i, life] of some.entries()) {
    try {
      count += each(life);
    } catch (error) {
      throw new Error(`life ${i}: ${(error as Error).message}`);
    }
  }
  return count;
}

const knownBy = ({ fold }: Living) => JSON.parse(serialiseState(fold.state)).fair;

const enough = runs * 10;

t.test('the same log, the same intervals', async (t) => {
  t.ok(compare({}, {}) > enough);
});

t.test('weights matter only in proportion: eight times all of them changes nothing', async (t) => {
  t.ok(compare({}, { weights: 8 }) > enough);
});

t.test('the unit of cost does not matter: 1024 times all costs changes nothing', async (t) => {
  t.ok(compare({}, { costs: 1_024 }) > enough);
});

t.test('the order in which members were registered does not matter', async (t) => {
  const knowsTheSame = (a: Living, b: Living) => {
    equal(knownBy(b), knownBy(a), 'what the controller knows, in the same order');
    equal(shares(b.fold.state.fair, b.fold.at), shares(a.fold.state.fair, a.fold.at), 'shares, to the last digit');
  };
  t.ok(compare({}, { backwards: true }, knowsTheSame) > enough);
});

t.test('who left before doing anything does not matter, whatever its weight and place', async (t) => {
  t.ok(compare({}, { ghost: 'Zed' }) > enough);
  t.ok(compare({}, { ghost: 'Abe' }) > enough);
});

t.test('a reading sent twice, or older than the newest, changes nothing', async (t) => {
  const way = { planMs: 0 };
  const count = tally((life) => {
    const [a, b] = [new Living(life, way), new Living(life, { ...way, repeatsReadings: true })];
    equal(b.intervals, a.intervals, 'intervals');
    equal(withoutEvents(knownBy(b)), withoutEvents(knownBy(a)), 'what the controller knows');
    return a.told.length;
  });
  t.ok(count > enough);
});

/** Without the count of changes and the ids of readings, which differ as the logs do. */
function withoutEvents({ revision: _, windows, ...rest }: { revision: number; windows: { map: [string, object][] } }) {
  return [rest, windows.map.map(([key, window]) => [key, { ...window, before: null }])];
}

t.test('every interval is a whole number within its bounds, and a full window is waited out', async (t) => {
  let [waited, ran] = [0, 0];
  tally((life) => {
    const living = new Living(life, {
      planMs: 0,
      after: ({ fold, told }) => {
        const [last, event] = [told.at(-1), fold.events.at(-1)];
        if (last?.answers !== 'use' || event?.type !== 'usage.recorded') return;
        if (event.payload.issued_interval_s === undefined) return;
        const { fair, identities } = fold.state;
        const { policy, members, windows } = fair;
        const { interval_s: interval, blocked_by: blockedBy } = last.advice;
        const member = members.get(identities.get(last.name.toLowerCase())?.mergedInto ?? last.name.toLowerCase());
        const usual =
          policy.method === 'static' || member === undefined ? policy.interval_s_base : policy.interval_s_min;
        const least = Math.max(usual, member?.intervalSecondsMin ?? 0);
        if (!Number.isInteger(interval) || interval < least) throw new Error(`${interval} s, at least ${least}`);
        const resets = blockedBy.map((key) => {
          const window = windows.get(key);
          if (window === undefined) return 0;
          const { full, refusedUntil, resetAt, lengthMs, lastRead, refusedAt } = window;
          const refused = !full && refusedUntil !== null && refusedUntil > fold.at;
          const reopensAt = refused ? refusedUntil : resetAt;
          // Where nobody told its reset, one length after it was last said to be full, at the latest.
          return ((reopensAt ?? Math.max(lastRead ?? 0, refusedAt ?? 0) + lengthMs) - fold.at) / 1_000;
        });
        const until = Math.max(0, ...resets);
        const most = Math.max(least, blockedBy.length > 0 ? until + 301 : policy.interval_s_hard_max);
        if (interval < until || interval > most) throw new Error(`${interval} s, of ${until} to ${most}`);
        if (blockedBy.length > 0) waited += 1;
        else ran += 1;
      },
    });
    return living.told.length;
  });
  t.ok(waited > 100 && ran > 500, `${waited} waits, ${ran} others`);
});

t.test('the events of the log, folded again, give the state they left', async (t) => {
  const count = tally((life) => {
    const { fold } = new Living(life);
    const rebuilt = emptyState(fold.pool);
    for (const event of fold.events) evolve(rebuilt, structuredClone(event));
    equal(parts(serialiseState(rebuilt)), parts(serialiseState(fold.state)), 'state');
    return fold.events.length;
  });
  t.ok(count > enough);
});

t.test('a snapshot anywhere, and the rest, give the whole', async (t) => {
  const count = tally((life) => {
    let events = 0;
    const way: Way = {
      planMs: 0,
      after: ({ fold }) => {
        events += 1;
        if (events % 11 !== 5) return;
        const { referenced } = fold.state;
        fold.state = { ...restoreState(serialiseState(fold.state)), referenced };
      },
    };
    const [whole, interrupted] = [new Living(life, { planMs: 0 }), new Living(life, way)];
    equal(interrupted.intervals, whole.intervals, 'intervals');
    equal(parts(serialiseState(interrupted.fold.state)), parts(serialiseState(whole.fold.state)), 'state');
    return whole.told.length;
  });
  t.ok(count > enough);
});

/** The text and, so that a difference can be read, the state it holds. */
const parts = (text: string): unknown => [JSON.parse(text), text];
