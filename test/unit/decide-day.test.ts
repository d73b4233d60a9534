// A day is closed under a digest of its totals; what arrives later restates it, visibly.
import t from 'tap';
import type { DayTotal } from '../../src/events/catalogue/day.js';
import { addDays, dateIn } from '../../src/events/days.js';
import type { IdentityName } from '../../src/events/scalars.js';
import { command, register, usage } from '../support/command.js';
import { Fold } from '../support/fold.js';

const date = '2026-01-04';
const close = command('day.closed', { date });
const total = (name: string, mode: DayTotal['mode'], tokens: number, cost: number): DayTotal => ({
  name: name as IdentityName,
  mode,
  tokens,
  cost_micro_usd: cost,
});

function foldWith(...totals: DayTotal[]): Fold {
  const fold = new Fold();
  fold.state.referenced.days.set(date, totals);
  return fold;
}

t.test('a day can be closed when it is over in the zone of the pool', async (t) => {
  const fold = foldWith();
  fold.state.referenced.days.set('2026-01-05', [total('Ada', 'autonomy', 1, 2)]);
  const today = command('day.closed', { date: '2026-01-05' });
  t.equal(fold.refusal(today), 'day_not_over');
  fold.take(command('pool.configured', { time_zone: 'Pacific/Kiritimati' }));
  t.equal(fold.decide(today).accepted, true, 'there it is the 6th already');
  fold.take(command('pool.configured', { time_zone: 'America/New_York' }));
  fold.at = Date.parse('2026-01-06T04:59:59Z');
  t.equal(fold.refusal(today), 'day_not_over');
  fold.at += 1_000;
  t.equal(fold.decide(today).accepted, true);
});

t.test('a day before the pool began is closed only where something is known of it', async (t) => {
  const fold = foldWith();
  fold.take(command('pool.configured', { time_zone: 'UTC' }));
  const began = dateIn('UTC', fold.state.beganAt);
  const eve = addDays(began, -1);
  fold.state.referenced.days.set(eve, []);
  t.strictSame(fold.take(command('day.closed', { date: eve })), [], 'who closes each day asks for it on the first one');
  const before = command('day.closed', { date: '2026-01-01' });
  fold.state.referenced.days.set('2026-01-01', []);
  t.equal(fold.refusal(before), 'day_before_pool');
  fold.state.referenced.days.set('2026-01-01', [total('Ada', 'autonomy', 1, 2)]);
  t.equal(fold.decide(before).accepted, true, 'as imported history is');
});

t.test('totals are in order, without those that are nothing', async (t) => {
  const fold = foldWith(
    total('Grace', 'autonomy', 1, 2),
    total('Ada', 'collaboration', 0, 5),
    total('Ada', 'autonomy', 3, 0),
    total('Grace', 'collaboration', 0, 0),
  );
  t.strictSame(fold.one('day.closed', close).payload.totals, [
    total('Ada', 'autonomy', 3, 0),
    total('Ada', 'collaboration', 0, 5),
    total('Grace', 'autonomy', 1, 2),
  ]);
});

t.test('closing again does nothing while the totals are the same, in whatever order', async (t) => {
  const fold = foldWith(total('Ada', 'autonomy', 3, 0), total('Grace', 'autonomy', 1, 2));
  fold.take(close);
  fold.state.referenced.days.set(date, [total('Grace', 'autonomy', 1, 2), total('Ada', 'autonomy', 3, 0)]);
  t.strictSame(fold.take(close), []);
});

t.test('a late report restates the day under another digest', async (t) => {
  const fold = foldWith(total('Ada', 'autonomy', 3, 10));
  fold.take(register('Ada'));
  const first = fold.one('day.closed', close).payload;
  fold.take(usage('ada', { tokens: { input: 4 }, cost_micro_usd: 1 }, { occurred_at: `${date}T23:59:59Z` }));
  fold.take(usage('Grace', { mode: 'collaboration', cost_micro_usd: 6 }, { occurred_at: `${date}T00:00:00Z` }));
  fold.take(usage('Grace', { cost_micro_usd: 100 }, { occurred_at: '2026-01-05T00:00:00Z' }));
  const second = fold.one('day.closed', close).payload;
  t.strictSame(second.totals, [total('Ada', 'autonomy', 7, 11), total('Grace', 'collaboration', 0, 6)]);
  t.not(second.digest, first.digest);
});

t.test('a merge moves what the day holds', async (t) => {
  const fold = foldWith(
    total('Ada', 'autonomy', 3, 10),
    total('Countess', 'autonomy', 2, 1),
    total('Countess', 'collaboration', 5, 0),
  );
  fold.take(usage('Ada'));
  fold.take(usage('Countess'));
  fold.take(command('identity.merged', { from: 'Countess', into: 'Ada' }));
  t.strictSame(fold.one('day.closed', close).payload.totals, [
    total('Ada', 'autonomy', 5, 11),
    total('Ada', 'collaboration', 5, 0),
  ]);
});

t.test('the zone of a pool is recorded when it is first set, and when it changes', async (t) => {
  const fold = new Fold();
  const set = (zone: string) => fold.take(command('pool.configured', { time_zone: zone })).length;
  t.equal(fold.state.timeZone, 'UTC');
  t.equal(set('UTC'), 1, 'an empty pool begins with it, whatever it is');
  t.equal(set('UTC'), 0);
  t.equal(set('Europe/London'), 1);
  t.equal(set('Europe/London'), 0);
});
