// Reports of use: what is stored is the increment, whichever way a client measures.
import t from 'tap';
import { limits } from '../../src/limits.js';
import { command, register, usage } from '../support/command.js';
import { Fold, hours, minutes } from '../support/fold.js';

/** Increments of cost that a series of cumulative totals in US dollars results in. */
function costs(fold: Fold, name: string, session: string, totals: readonly number[]): (number | undefined)[] {
  return totals.map(
    (total) => fold.one('usage.recorded', usage(name, { session, total_cost_usd: total })).payload.cost_micro_usd,
  );
}

t.test('absolute counters become increments', async (t) => {
  const cases: [string, number[], number[]][] = [
    ['a first report counts in full', [1.5], [1_500_000]],
    ['later ones count the difference', [1, 1.25, 4], [1_000_000, 250_000, 2_750_000]],
    ['a resend counts nothing', [1, 1, 1], [1_000_000, 0, 0]],
    ['a smaller total is a reset, and counts in full', [5, 0.5, 0.75], [5_000_000, 500_000, 250_000]],
    ['a reset to zero counts nothing, and the next report all', [5, 0, 2], [5_000_000, 0, 2_000_000]],
    ['millionths of a dollar are kept', [0.000_001, 0.000_003], [1, 2]],
    ['sums of binary fractions do not drift', [0.1, 0.1 + 0.2, 0.1 + 0.2 + 0.3], [100_000, 200_000, 300_000]],
  ];
  for (const [name, totals, expected] of cases) {
    t.strictSame(costs(new Fold(), 'Ada', 's', totals), expected, name);
  }
});

t.test('sessions and agents count apart', async (t) => {
  const fold = new Fold();
  t.strictSame(costs(fold, 'Ada', 'a', [1]), [1_000_000]);
  t.strictSame(costs(fold, 'Ada', 'b', [1]), [1_000_000]);
  t.strictSame(costs(fold, 'Grace', 'a', [3]), [3_000_000]);
  t.strictSame(costs(fold, 'ADA', 'a', [2]), [1_000_000]);
});

t.test('cost and tokens of one session are counted each by itself', async (t) => {
  const fold = new Fold();
  const report = (payload: object) => fold.one('usage.recorded', usage('Ada', { session: 's', ...payload })).payload;
  t.match(report({ total_cost_usd: 1 }), { cost_micro_usd: 1_000_000, cost_source: 'reported' });
  t.match(report({ total_tokens: 500 }), { tokens: { total: 500 }, cost_source: 'unpriced' });
  t.match(report({ total_cost_usd: 3, total_tokens: 700 }), { cost_micro_usd: 2_000_000, tokens: { total: 200 } });
});

t.test('after a merge each old name goes on with its own counters', async (t) => {
  const fold = new Fold();
  t.strictSame(costs(fold, 'Ada', 's', [10]), [10_000_000]);
  t.strictSame(costs(fold, 'Countess', 's', [4]), [4_000_000]);
  fold.take(command('identity.merged', { from: 'Countess', into: 'Ada' }));
  t.strictSame(costs(fold, 'Countess', 's', [5]), [1_000_000], 'under the old name');
  t.strictSame(costs(fold, 'Ada', 's', [12]), [2_000_000], 'under the name that lives on');
  t.strictSame(fold.state.identities.get('countess')?.mergedInto, 'ada');
});

t.test('after a merge the living name takes up a session that only the old one had', async (t) => {
  const fold = new Fold();
  fold.take(register('Ada'));
  t.strictSame(costs(fold, 'Countess', 's', [4]), [4_000_000]);
  fold.take(command('identity.merged', { from: 'Countess', into: 'Ada' }));
  t.strictSame(costs(fold, 'Ada', 's', [6, 6, 7]), [2_000_000, 0, 1_000_000]);
});

t.test('prices tokens of the older wire by the identity, and nothing else', async (t) => {
  const fold = new Fold();
  fold.take(register('Opus', { model: 'claude-opus-4-20250514' }));
  fold.take(register('New Opus', { model: 'claude-opus-4-5' }));
  fold.take(register('Sonnet', { model: 'claude-sonnet-4' }));
  fold.take(register('Own', { model: 'claude-sonnet-4', cost_multiplier: 7 }));
  const cases: [string, number][] = [
    ['Opus', 1_500],
    ['New Opus', 500],
    ['Sonnet', 300],
    ['Own', 700],
    ['Nobody yet', 300],
  ];
  for (const [name, cost] of cases) {
    const { payload } = fold.one('usage.recorded', usage(name, { legacy_tokens: 1_000 }));
    t.match(payload, { cost_micro_usd: cost, cost_source: 'computed', legacy_tokens: 1_000 }, name);
  }
  const { payload } = fold.one('usage.recorded', usage('Opus', { tokens: { input: 1_000 } }));
  t.match(payload, { cost_micro_usd: 15_000, cost_source: 'computed' }, 'other tokens cost what the book says');
});

t.test('two instances of one agent are told from one that moved', async (t) => {
  const alerts = (reports: readonly [host: string, after: number][]) => {
    const fold = new Fold();
    fold.take(register('Ada'));
    for (const [host, after] of reports) {
      fold.at += after;
      fold.take(usage('Ada', { instance: { host } }));
    }
    return fold.events.filter(({ type }) => type === 'alert.raised').length;
  };
  const soon = minutes(5);
  t.equal(
    alerts([
      ['a', 0],
      ['b', soon],
    ]),
    0,
    'one that moved',
  );
  t.equal(
    alerts([
      ['a', 0],
      ['b', soon],
      ['a', soon],
    ]),
    1,
    'back and forth',
  );
  t.equal(
    alerts([
      ['a', 0],
      ['b', soon],
      ['a', soon],
      ['b', soon],
      ['a', soon],
    ]),
    1,
    'once while it is open',
  );
  t.equal(
    alerts([
      ['a', 0],
      ['b', soon],
      ['a', hours(2)],
    ]),
    0,
    'moved, and moved back later',
  );
  t.equal(
    alerts([
      ['a', 0],
      ['b', soon],
      ['c', soon],
    ]),
    0,
    'moved twice',
  );
  t.equal(
    alerts([
      ['a', 0],
      ['a', soon],
      ['a', soon],
    ]),
    0,
    'one host',
  );
});

t.test('an address serves where no host is named', async (t) => {
  const fold = new Fold();
  fold.take(register('Ada'));
  for (const ip of ['10.0.0.1', '10.0.0.2', '10.0.0.1']) fold.take(usage('Ada', { instance: { ip } }));
  t.equal(
    fold.state.alerts.get('two-instances:ada')?.text,
    'Ada reports from two hosts in turns: 10.0.0.1 and 10.0.0.2',
  );
  t.equal(fold.state.identities.get('ada')?.ipAddress, '10.0.0.1');
});

t.test('refuses what lies in the future, but not what is late', async (t) => {
  const fold = new Fold();
  t.equal(fold.refusal(usage('Ada', {}, { occurred_at: fold.at + minutes(5) + 1 })), 'occurred_in_future');
  t.equal(fold.decide(usage('Ada', {}, { occurred_at: fold.at + minutes(5) })).accepted, true);
  t.equal(fold.decide(usage('Ada', {}, { occurred_at: '2001-01-01T00:00:00Z' })).accepted, true);
});

t.test('refuses tokens of the older wire whose price no report could state', async (t) => {
  const fold = new Fold();
  fold.take(register('Ada', { model: 'claude-opus-4-1' }));
  t.equal(fold.refusal(usage('Ada', { legacy_tokens: 1_000_000_000_000 })), 'invalid_field');
  const [event] = fold.take(usage('Ada', { legacy_tokens: 600_000_000_000 }));
  t.match(event, { payload: { cost_micro_usd: 900_000_000_000 } });
});

t.test(
  'the host that reported last is no second instance, and one that was silent for over an hour is none',
  async (t) => {
    const alerts = (hosts: readonly string[], pause = 0) => {
      const fold = new Fold();
      let count = 0;
      for (const host of hosts) {
        const events = fold.take(usage('Ada', { instance: { host } }));
        count += events.filter(({ type }) => type === 'alert.raised').length;
        fold.at += pause;
      }
      return count;
    };
    t.equal(alerts(['a', 'b', 'c', 'c']), 0);
    t.equal(alerts(['a', 'b', 'c', 'b']), 1);
    t.equal(alerts(['a', 'b', 'a'], minutes(30)), 1, 'an hour after its last report');
    t.equal(alerts(['a', 'b', 'a'], minutes(30) + 1), 0);
  },
);

t.test('a cumulative cost leaves the tokens of the report as they are', async (t) => {
  const fold = new Fold();
  const report = (payload: object) => fold.one('usage.recorded', usage('Ada', { session: 's', ...payload })).payload;
  t.match(report({ total_cost_usd: 1, tokens: { input: 3 } }), { cost_micro_usd: 1_000_000, tokens: { input: 3 } });
  const { counter } = report({ total_tokens: 500, cost_micro_usd: 7 });
  t.match(counter, { cost_micro_usd: 1_000_000, tokens: 500 }, 'both counters go on');
});

t.test('a name that was merged counts on for the living one, and says whose counters they are', async (t) => {
  const fold = new Fold();
  const report = (name: string, total: number) =>
    fold.one('usage.recorded', usage(name, { session: 's', total_cost_usd: total })).payload;
  t.equal(report('Ada', 2).counter?.owner, undefined, 'its own');
  report('Countess', 4);
  fold.take(command('identity.merged', { from: 'Countess', into: 'Ada' }));
  t.match(report('Countess', 5), { name: 'Ada', cost_micro_usd: 1_000_000, counter: { owner: 'Countess' } });
  t.equal(report('Ada', 3).counter?.owner, undefined);
  t.equal(fold.one('usage.recorded', usage('Ada')).payload.counter, undefined, 'without totals there is no counter');
});

t.test('the most a report may cost is taken, a micro-dollar more is not', async (t) => {
  const fold = new Fold();
  const most = limits.costMicroUsdMax;
  t.equal(fold.one('usage.recorded', usage('Ada', { cost_micro_usd: most })).payload.cost_micro_usd, most);
});
