// Readings are judged before they count: a misread screen must not stop or release anybody.
import t from 'tap';
import { Problem } from '../../src/problems.js';
import { command, reading, usage } from '../support/command.js';
import { eventId, Fold, hours, minutes, noon } from '../support/fold.js';

const reject = (corrects: string) => command('quota.rejected', { corrects, reason: 'misread' });
const newest = (fold: Fold, key = 'week_all') => fold.state.windows.get(key)?.readings.at(-1);

t.test('refuses percentages nobody can have read', async (t) => {
  t.throws(
    () => reading('week_all', 10_101),
    new Problem('invalid_field', 'payload.windows[0].percent_bp is above 101 %'),
  );
  t.throws(() => reading('week_all', -1), Problem);
  t.throws(() => command('quota.read', { windows: [] }), Problem);
  const twice = { key: 'week_all', percent_bp: 1 };
  t.throws(() => command('quota.read', { windows: [twice, twice] }), Problem);
  t.equal(new Fold().decide(reading('week_all', 10_100)).accepted, true, 'a little above 100 is what screens show');
});

t.test('flags a percentage that fell before its reset', async (t) => {
  const reset = '2026-01-07T00:00:00Z';
  const cases: [string, object, number, object, boolean][] = [
    ['rising', {}, 4_100, {}, false],
    ['the same', {}, 4_000, {}, false],
    ['falling, no reset known', {}, 3_999, {}, true],
    ['falling before the reset', { resets_at: reset }, 100, { resets_at: reset }, true],
    [
      'falling, with a later reset: a new period',
      { resets_at: reset },
      100,
      { resets_at: '2026-01-14T00:00:00Z' },
      false,
    ],
    ['falling, the second without a reset', { resets_at: reset }, 100, {}, true],
  ];
  for (const [name, first, percentBp, second, suspect] of cases) {
    const fold = new Fold();
    fold.take(reading('week_all', 4_000, first));
    fold.at += hours(1);
    const { payload } = fold.one('quota.read', reading('week_all', percentBp, second));
    t.equal(payload.windows[0]?.suspect === true, suspect, name);
    t.equal(payload.confidence, suspect ? 'suspect' : 'measured', name);
  }
});

t.test('a percentage that fell after its reset is as it should be', async (t) => {
  const fold = new Fold();
  fold.take(reading('week_all', 9_000, { resets_at: fold.at + hours(1) }));
  fold.at += hours(2);
  t.equal(fold.one('quota.read', reading('week_all', 10)).payload.confidence, 'measured');
});

t.test('drops a reset that does not lie after the measurement', async (t) => {
  const fold = new Fold();
  for (const resetsAt of [fold.at - 1, fold.at]) {
    const { payload } = fold.one('quota.read', reading('week_all', 4_000, { resets_at: resetsAt }));
    t.strictSame(payload.windows, [{ key: 'week_all', percent_bp: 4_000, reset_dropped: true, verdict: 'ended' }]);
  }
  t.equal(newest(fold)?.resetsAt, null);
  const { payload } = fold.one('quota.read', reading('week_all', 4_000, { resets_at: fold.at + 1 }));
  t.equal(payload.windows[0]?.resets_at, fold.at + 1);
});

t.test('a late reading is kept, but the newest measurement stands', async (t) => {
  const fold = new Fold();
  const at = fold.at;
  fold.take(reading('week_all', 5_000));
  fold.at += minutes(5);
  const overtaken = fold.one('quota.read', reading('week_all', 2_000, {}, { occurred_at: at - 1 }));
  t.match(overtaken.payload, { late: true, confidence: 'measured' });
  t.equal(newest(fold)?.percentBp, 5_000);
  const slow = fold.one('quota.read', reading('session_5hour', 2_000, {}, { occurred_at: fold.at - minutes(10) - 1 }));
  t.equal(slow.payload.late, true, 'more than ten minutes old');
  const quick = fold.one('quota.read', reading('other', 2_000, {}, { occurred_at: fold.at - minutes(10) }));
  t.equal(quick.payload.late, undefined);
});

t.test('without a rejected reading the one before it stands again', async (t) => {
  const fold = new Fold();
  fold.take(reading('week_all', 3_000));
  const { id } = fold.one('quota.read', reading('week_all', 9_900));
  t.equal(newest(fold)?.percentBp, 9_900);
  t.equal(fold.one('quota.rejected', reject(id)).correlates, id);
  t.equal(newest(fold)?.percentBp, 3_000);
  t.strictSame(fold.take(reject(id)), [], 'the same again does nothing');
  t.equal(fold.refusal(reject(eventId(77))), 'event_unknown');
});

t.test('names who read, where the reading does not', async (t) => {
  const fold = new Fold();
  t.equal(fold.one('quota.read', reading('week_all', 1)).payload.source, 'test/1');
  const named = command('quota.read', { source: 'screen', windows: [{ key: 'week_all', percent_bp: 2 }] });
  t.equal(fold.one('quota.read', named).payload.source, 'screen');
});

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

t.test('use counts from one reset to the next', async (t) => {
  const fold = new Fold();
  const used = () => sum([...(fold.state.fair.windows.get('week_all')?.used.values() ?? [])]);
  fold.take(reading('week_all', 100, { resets_at: fold.at + hours(1) }));
  fold.take(usage('Ada', { cost_micro_usd: 700 }));
  t.equal(used(), 700);
  fold.at += hours(1);
  fold.take(usage('Ada', { cost_micro_usd: 5 }));
  t.equal(used(), 5, 'the first use after the reset starts from 0');
  fold.take(reading('week_all', 1, { resets_at: fold.at + hours(168) }));
  t.equal(used(), 5, 'a reading of the new period changes nothing');
  fold.at += hours(168);
  fold.take(reading('week_all', 0, { resets_at: fold.at + hours(168) }));
  t.equal(used(), 0, 'a reading after the reset starts from 0, too');
});

t.test('a refusal of the provider stops until its time, or until a reading says that something is left', async (t) => {
  const fold = new Fold();
  fold.take(reading('week_all', 100));
  fold.take(command('quota.exhausted', { window: 'week_all', until: fold.at + hours(1), evidence: '429' }));
  t.strictSame(fold.one('usage.recorded', usage('Ada')).payload.blocked_by, ['week_all']);
  const issued = fold.one('usage.recorded', usage('Ada')).payload.issued_interval_s ?? 0;
  t.ok(issued >= 3_630 && issued <= 3_900, 'until shortly after the reset, each agent at a time of its own');
  fold.at += minutes(1);
  fold.take(reading('week_all', 9_000));
  t.equal(fold.one('usage.recorded', usage('Ada')).payload.blocked_by, undefined);
});

t.test('of several windows in a reading, one that is overtaken or fell is enough', async (t) => {
  const fold = new Fold();
  const read = (windows: readonly object[], at: number) =>
    fold.one('quota.read', command('quota.read', { windows }, { occurred_at: at })).payload;
  fold.take(reading('week_all', 3_000, { resets_at: fold.at + hours(50) }));
  const first = fold.at;
  fold.at += minutes(20);
  const both = (week: number) => [
    { key: 'session_5hour', percent_bp: 100 },
    { key: 'week_all', percent_bp: week },
  ];
  t.match(read(both(2_900), first + 1), { confidence: 'suspect' }, 'the week fell, the session was not known');
  t.match(read(both(2_900), first - 1), { confidence: 'measured', late: true }, 'the week was read since');
  const again = new Fold();
  again.take(reading('week_all', 3_000));
  const same = again.one('quota.read', reading('week_all', 2_900)).payload;
  t.match(same, { confidence: 'suspect' }, 'read at the very same time, it cannot have fallen either');
  t.notOk('late' in same, 'nor is it overtaken by one as old as it');
});

t.test('what falls at the reset, or to a later one, is another period', async (t) => {
  const suspect = (reset: number | undefined, next: number | undefined, later: number) => {
    const fold = new Fold();
    const at = (resets: number | undefined) => (resets === undefined ? {} : { resets_at: noon + resets });
    fold.take(reading('week_all', 3_000, at(reset)));
    fold.at += later;
    return fold.one('quota.read', reading('week_all', 10, at(next))).payload.windows[0]?.suspect === true;
  };
  t.equal(suspect(hours(2), hours(2), hours(2) - 1), true);
  t.equal(suspect(hours(2), undefined, hours(2)), false, 'at the reset');
  t.equal(suspect(hours(2), hours(2) + 1, hours(1)), false, 'of a later reset');
  t.equal(suspect(undefined, hours(2), hours(1)), true, 'no reset was known: it had not ended');
});
