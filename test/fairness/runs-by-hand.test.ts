// Runs in a fresh pool, by hand: what people see in the first hour. Every agent reports, waits as long as it was told, and runs again.
import t, { type Test } from 'tap';
import { command, usage } from '../support/command.js';
import { Fold, hours, minutes } from '../support/fold.js';

function freshPool(): Fold {
  const fold = new Fold();
  fold.take(command('policy.set', { method_version: 2 }));
  return fold;
}

/** What an agent does in a run: what each report costs in dollars, and seconds between two of them. */
interface Habit {
  readonly name: string;
  readonly costs: readonly number[];
  readonly seconds: number;
}

interface Told {
  readonly at: number;
  readonly name: string;
  readonly interval: number;
}

/** Lets agents live for so long: from the start of one run to the start of the next each waits what it was last told. */
function live(fold: Fold, habits: readonly Habit[], forMs: number): Told[] {
  const told: Told[] = [];
  const until = fold.at + forMs;
  const next = habits.map((habit, i) => ({ habit, start: fold.at + i * 7_000, report: 0, interval: 900 }));
  for (;;) {
    const dueAt = ({ habit, start, report }: (typeof next)[number]) => start + report * habit.seconds * 1_000;
    const one = next.toSorted((a, b) => dueAt(a) - dueAt(b))[0] as (typeof next)[number];
    if (dueAt(one) > until) return told;
    fold.at = dueAt(one);
    const { name, costs } = one.habit;
    fold.take(usage(name, { cost_micro_usd: Math.round((costs[one.report] as number) * 1e6) }));
    one.interval = fold.advice?.interval_s ?? Number.NaN;
    told.push({ at: fold.at, name, interval: one.interval });
    one.report += 1;
    if (one.report < costs.length) continue;
    one.start += one.interval * 1_000;
    one.report = 0;
  }
}

const honest: Habit = { name: 'Ada', costs: [0.2], seconds: 0 };
function range(t: Test, told: readonly Told[], name: string, least: number, most: number): void {
  const own = told.filter((one) => one.name === name).map(({ interval }) => interval);
  const shown = `${name} is told ${Math.min(...own)} to ${Math.max(...own)} s, ${own.length} times`;
  t.ok(own.length > 2 && Math.min(...own) >= least && Math.max(...own) <= most, shown);
  t.comment(shown);
}

t.test('a name that was never meant costs nobody anything', async (t) => {
  const fold = freshPool();
  const told = live(fold, [honest], hours(3));
  fold.take(usage('Adda', { cost_micro_usd: 0 }));
  fold.at += 1_000;
  told.push(...live(fold, [honest], hours(6)));
  range(t, told, 'Ada', 900, 1_200);
});

t.test('however often one reports, without a reading it is told the base interval', async (t) => {
  const fold = freshPool();
  const told = live(fold, [{ name: 'Ada', costs: [0.2, 0.1, 0.3, 0.2, 0.1, 0.2, 0.4], seconds: 1.5 }], minutes(100));
  range(t, told, 'Ada', 900, 900);
});

t.test('one run of a chatty agent does not slow an honest one down, nor drive it', async (t) => {
  const session = (fold: Fold) => ({ key: 'session_5hour', percent_bp: 500, resets_at: fold.at + hours(4) });
  for (const reportsBefore of [0, 2, 5]) {
    const fold = freshPool();
    fold.take(command('quota.read', { windows: [session(fold)] }));
    for (let report = 0; report < 5; report++) {
      if (report === reportsBefore) fold.take(usage('Ada', { cost_micro_usd: 200_000 }));
      fold.take(usage('Chatty', { cost_micro_usd: 300_000 }));
      fold.at += 20_000;
    }
    if (reportsBefore === 5) fold.take(usage('Ada', { cost_micro_usd: 200_000 }));
    const told: Told[] = [];
    for (let asked = 0; asked < 240; asked++) {
      fold.at += minutes(1);
      const decision = fold.decide(command('agent.advised', { name: 'Ada' }));
      told.push({ at: fold.at, name: 'Ada', interval: decision.accepted ? (decision.advice?.interval_s ?? 0) : 0 });
    }
    range(t, told, 'Ada', 400, 950);
  }
});
