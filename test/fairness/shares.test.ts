// Who is entitled to how much of the period, and who is owed; by hand.
import t from 'tap';
import { allocate, microUsd } from '../../src/fairness/allocate.js';
import { shares } from '../../src/fairness/shares.js';
import { Controller, hundredDollars, week } from '../support/controller.js';
import { noon } from '../support/fold.js';

function pool(weights: Record<string, number>, more: object[] = []): Controller {
  const test = new Controller();
  test.setPolicy({ windows: [hundredDollars(noon), ...(more as [])] });
  for (const [key, weight] of Object.entries(weights)) test.join(key, { weight });
  return test;
}

const rounded = (value: number) => Math.round(value * 1e6) / 1e6;

t.test('what is left goes to who is behind, and the balance says by how much', async (t) => {
  const test = pool({ ada: 1, bo: 1, cy: 2 });
  test.spend('ada', 30);
  test.spend('bo', 10);
  // 60 are left: all can end at 25 per weight but ada, who has 30 already: 70 for bo and cy is 23.33 per weight.
  const rows = Object.fromEntries(shares(test.state, test.at).map((share) => [share.member.key, share]));
  t.match(rows.ada, { nominal: 0.25, used: 30 });
  t.equal(rounded(rows.ada?.remaining ?? -1), 0);
  t.equal(rounded(rows.bo?.fairTotal ?? 0), rounded(70 / 3));
  t.equal(rounded(rows.cy?.fairTotal ?? 0), rounded(140 / 3));
  t.equal(rows.cy?.nominal, 0.5);
  // 40 of 100 are gone: of what is fair for each, 40 % by now.
  t.equal(rounded(rows.ada?.balance ?? 0), rounded(0.4 * 30 - 30));
  t.equal(rounded(rows.bo?.balance ?? 0), rounded((0.4 * 70) / 3 - 10));
  t.equal(rounded(rows.cy?.balance ?? 0), rounded((0.4 * 140) / 3));
  const sum = Object.values(rows).reduce((total, { balance }) => total + balance, 0);
  t.ok(Math.abs(sum) < 1e-9, 'balances add up to nothing');
});

t.test('with nothing used nobody is owed', async (t) => {
  const rows = shares(pool({ ada: 1, bo: 3 }).state, noon);
  t.strictSame(
    rows.map(({ nominal, used, balance }) => [nominal, used, balance]),
    [
      [0.25, 0, 0],
      [0.75, 0, 0],
    ],
  );
  t.strictSame(shares(pool({}).state, noon), [], 'and nobody is nobody');
});

t.test('who takes more than its share is not entitled to more by it', async (t) => {
  const test = pool({ ada: 1, bo: 1 });
  test.spend('ada', 30);
  test.spend('bo', 10);
  const before = shares(test.state, test.at);
  Object.assign(test.member('ada'), { ratio: 0.3, gap: 600, gaps: 9 });
  t.equal(test.planned('ada').conduct, 'rogue');
  t.strictSame(shares(test.state, test.at), before);
  t.ok((before[0]?.balance ?? 0) < 0);
});

t.test('who left has no share; what it used is gone', async (t) => {
  const test = pool({ ada: 1, bo: 1 });
  test.spend('ada', 30);
  test.leave('ada');
  t.strictSame(
    shares(test.state, test.at).map(({ member, nominal, fairTotal }) => [member.key, nominal, rounded(fairTotal)]),
    [['bo', 1, 70]],
  );
});

t.test('allocations: the part of each window, used and to come', async (t) => {
  const test = pool({ ada: 1, bo: 3 }, [{ ...week, key: 'opus', models: ['opus'] }]);
  test.join('bo', { weight: 3, model: 'opus' });
  test.spend('ada', 4);
  test.spend('bo', 6);
  test.read('opus', 20);
  const { members, windows } = allocate(test.state, test.at);
  t.strictSame(
    windows.map(({ view }) => view.key),
    ['week', 'opus'],
  );
  t.match(
    members.map(({ member, parts }) => [
      member.key,
      parts.map(({ window, share, used }) => [window.view.key, share, used]),
    ]),
    [
      ['ada', [['week', 0.25, 4_000_000]]],
      [
        'bo',
        [
          ['week', 0.75, 6_000_000],
          ['opus', 1, 6_000_000],
        ],
      ],
    ],
  );
  const [whole, unknown] = members[1]?.parts ?? [];
  t.ok((whole?.remaining ?? 0) > 15e6);
  t.equal(rounded(whole?.remainingFraction ?? 0), rounded((whole?.remaining ?? 0) / 100e6), 'of a hundred dollars');
  t.match(unknown, { remaining: null, remainingFraction: null }, 'a budget nobody knows yet');
});

t.test('whatever is worked out, an amount is one that a table holds', async (t) => {
  t.equal(microUsd(12.5), 12_500_000);
  for (const dollars of [1e12, Number.POSITIVE_INFINITY]) {
    t.equal(microUsd(dollars), 9e15);
    t.equal(microUsd(-dollars), -9e15);
  }
});
