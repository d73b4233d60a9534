// What a wake costs, and whether a member keeps to what it is told.
import t from 'tap';
import { conductOf, fleetCosts, wakeCostOf } from '../../src/fairness/wakes.js';
import { Controller, hundredDollars } from '../support/controller.js';
import { minutes, noon } from '../support/fold.js';

const expectedCost = ({ state }: Controller, key: string) =>
  wakeCostOf(state.policy, state.members.get(key)!, fleetCosts(state));

/** A member that reports every so many seconds, and is told 1,000. */
function every(seconds: number, times: number): Controller {
  const test = new Controller();
  test.join('ada');
  for (let i = 0; i < times; i++) {
    test.spend('ada', 1, { issued: 1_000 });
    test.at += seconds * 1_000;
  }
  return test;
}

t.test('the first six wakes are averaged, later ones weigh by a half-life of eight', async (t) => {
  const test = new Controller();
  const ada = test.join('ada');
  for (const cost of [1, 2, 3, 2, 1, 3]) test.spend('ada', cost);
  t.equal(ada.wakeCost.toFixed(9), '2.000000000');
  test.spend('ada', 4);
  t.equal(ada.wakeCost.toFixed(9), (4 - 2 * 2 ** (-1 / 8)).toFixed(9), 'the seventh');
  for (let i = 0; i < 7; i++) test.spend('ada', 4);
  t.equal(ada.wakeCost.toFixed(9), '3.000000000', 'half way after eight');
});

t.test('one wake that costs far more counts four times the mean at most', async (t) => {
  const test = new Controller();
  const ada = test.join('ada');
  test.spend('ada', 1);
  test.spend('ada', 1_000);
  t.equal(ada.wakeCost, 2.5);
});

t.test('wakes that cost nothing, and people, teach nothing', async (t) => {
  const test = new Controller();
  const ada = test.join('ada');
  test.spend('ada', 0);
  test.spend('ada', 5, { collaboration: true });
  t.match(ada, { wakes: 0, wakeCost: 0 });
  t.equal(expectedCost(test, 'ada'), 0.5, 'the prior');
});

t.test('who is new is expected to cost what the others do, by their multipliers', async (t) => {
  const test = new Controller();
  for (const [key, multiplier] of [
    ['ada', 5],
    ['bo', 1],
    ['cy', 2],
  ] as const)
    test.join(key, { multiplier });
  for (let i = 0; i < 3; i++) test.spend('ada', 10);
  for (let i = 0; i < 3; i++) test.spend('bo', 4);
  t.equal(expectedCost(test, 'cy'), 2 * ((10 / 5 + 4 / 1) / 2));
  test.spend('cy', 1);
  t.equal(expectedCost(test, 'cy'), (1 + 6) / 2, 'after one wake half of it is its own');
  test.spend('cy', 2);
  t.equal(expectedCost(test, 'cy'), 1.5, 'after two, all');
  test.leave('bo');
  test.join('dee');
  t.equal(expectedCost(test, 'dee'), (10 / 5 + 1.5 / 2) / 2, 'who left is not asked');
});

t.test('who runs as told is compliant, who runs less demands less, who runs more is rogue', async (t) => {
  t.equal(conductOf(every(1_000, 9).member('ada')), 'compliant');
  t.equal(conductOf(every(1_350, 9).member('ada')), 'demand');
  t.equal(conductOf(every(700, 9).member('ada')), 'rogue');
  t.equal(conductOf(every(100, 4).member('ada')), 'compliant', 'three waits prove nothing');
  t.equal(conductOf(every(100, 5).member('ada')), 'rogue', 'four do');
});

t.test('waits are averaged with a half-life of five', async (t) => {
  const test = every(1_000, 9);
  const kept = 0.5 ** (1 / 5);
  test.at += 1_000_000;
  test.spend('ada', 1, { issued: 1_000 });
  t.equal(test.member('ada').ratio.toFixed(9), (2 - kept).toFixed(9), 'twice as long as told');
  for (let i = 0; i < 5; i++) {
    test.at += 1_000_000;
    test.spend('ada', 1, { issued: 1_000 });
  }
  t.equal(test.member('ada').ratio.toFixed(9), (1 + (1 - kept) / 2).toFixed(9), 'five waits later half of it is left');
});

t.test('a wait across a person at work, or a very long one, says nothing', async (t) => {
  const test = every(1_000, 6);
  const { gaps, ratio } = test.member('ada');
  test.spend('ada', 1, { collaboration: true });
  test.at += minutes(50);
  test.spend('ada', 1, { issued: 1_000 });
  t.match(test.member('ada'), { gaps, ratio });
  test.at += minutes(181);
  test.spend('ada', 1, { issued: 1_000 });
  t.match(test.member('ada'), { gaps, ratio });
  test.at += minutes(180);
  test.spend('ada', 1, { issued: 1_000 });
  t.equal(test.member('ada').gaps, gaps + 1);
  // Told two hours it may take three times as long.
  test.spend('ada', 1, { issued: 7_200 });
  test.at += minutes(360);
  test.spend('ada', 1, { issued: 7_200 });
  t.equal(test.member('ada').gaps, gaps + 3);
  test.at += minutes(361);
  test.spend('ada', 1, { issued: 7_200 });
  t.equal(test.member('ada').gaps, gaps + 3);
});

t.test('who asks less leaves the rest to the others, and would get it back at once', async (t) => {
  const test = new Controller();
  test.setPolicy({ windows: [hundredDollars(noon)] });
  for (const key of ['ada', 'bo']) test.join(key);
  for (let i = 0; i < 8; i++) {
    test.spend('ada', 0.01, { issued: 1_000 });
    test.spend('bo', 0.01, { issued: 1_000 });
    test.at += 1_000_000;
  }
  const even = test.planned('bo').rate;
  Object.assign(test.member('ada'), { ratio: 3, gap: 3_000 });
  const [ada, bo] = [test.planned('ada'), test.planned('bo')];
  t.equal(ada.conduct, 'demand');
  t.ok(ada.rate <= (1.2 * 0.01 * 3_600) / 3_000 + 1e-12, 'planned for what it does, and a fifth more');
  t.ok(ada.recommended > 5 * ada.rate, 'told what it may do');
  t.ok(bo.rate >= even);
});

t.test('who runs whatever it is told is planned for, and still told what it may', async (t) => {
  const test = new Controller();
  test.setPolicy({ windows: [{ ...hundredDollars(noon), known_budget_micro_usd: 200_000_000 }] });
  for (const key of ['ada', 'bo']) test.join(key);
  for (const key of ['ada', 'bo', 'ada', 'bo']) test.spend(key, 1);
  Object.assign(test.member('ada'), { ratio: 0.3, gap: 3_600, gaps: 9 });
  const [ada, bo] = [test.planned('ada'), test.planned('bo')];
  t.equal(ada.conduct, 'rogue');
  t.equal(ada.rate, 1, 'a dollar an hour');
  t.ok(ada.recommended < 0.7, `${ada.recommended}`);
  t.ok(bo.rate < 0.4, `${bo.rate}: what is left`);
});

t.test('where those who do not keep to it take more than there is, they are told their equal share', async (t) => {
  const test = new Controller();
  test.setPolicy({ windows: [hundredDollars(noon)] });
  test.join('ada');
  for (let i = 0; i < 6; i++) test.spend('ada', 1);
  const fair = test.told('ada').interval;
  // A dollar every ten minutes, though 94 dollars have to last a week.
  Object.assign(test.member('ada'), { ratio: 0.3, gap: 600, gaps: 9 });
  t.equal(test.planned('ada').rate, 6, 'planned for all the same');
  t.equal(test.told('ada').interval, fair);
  test.join('bo');
  t.equal(test.planned('bo').rate, 0, 'nothing is left to plan for who does');
  t.ok(test.told('ada').interval >= 1.9 * fair, 'and of two the equal share is half');
});
