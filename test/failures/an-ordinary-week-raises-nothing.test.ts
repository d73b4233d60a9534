// An alarm that goes off for nothing is switched off. Here three live an ordinary week, after four of the same kind, and the watchdog
// looks again and again: nothing of it is unusual, nobody is silent, and nothing is recorded but what they used.
import t from 'tap';
import { ManualClock } from '../support/clock.js';
import { command } from '../support/command.js';
import { days } from '../support/fold.js';
import { pool } from '../support/ledger.js';
import { liveThrough, usesOfDay } from '../support/ordinary-life.js';
import { watchedLedger } from '../support/watched.js';

/** Each minute in a daemon; here it is about the rules, and the past of ten minutes is looked at twice. */
const lookMs = 300_000;
const monday = Date.parse('2026-01-05T00:00:00Z');

t.test('an ordinary week raises nothing', async (t) => {
  const seed = 1;
  const test = await watchedLedger(t, { clock: new ManualClock(monday) });
  // A twentieth of it is half a dollar: what is used in most hours is worth a word.
  const session = { key: 'session_5hour', length_s: 18_000, anchor: 'use', known_budget_micro_usd: 10_000_000 };
  const week = { key: 'week_all', length_s: 604_800, anchor: 'use', known_budget_micro_usd: 1_000_000_000 };
  await test.record(command('policy.set', { windows: [session, week] }));
  await liveThrough(test, 28, seed);
  const raised: string[] = [];
  for (let day = 0; day < 7; day += 1) {
    const start = test.clock.now();
    const uses = usesOfDay(start, seed + 100 + day);
    for (let end = start + lookMs; end <= start + days(1); end += lookMs) {
      test.clock.advance(lookMs);
      const commands = [];
      while (uses[0] !== undefined && uses[0].at <= end) commands.push(uses.shift()!.command);
      if (commands.length > 0) await test.ledger.submit(pool, { commands, advise: true });
      for (const look of await test.watchdog.look())
        raised.push(...look.raised.map((alert) => `${new Date(end).toISOString()} ${alert}: ${test.open()[alert]}`));
    }
  }
  t.strictSame(
    raised.filter((alert) => /unusual|overdue|silent|instances/.test(alert)),
    [],
  );
  for (const alert of raised) t.comment(alert);
});
