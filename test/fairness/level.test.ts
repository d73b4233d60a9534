// The unit of fairness: who joins, changes weight, leaves, is merged, and what a new period begins with.
import t from 'tap';
import { currentLevel, fairnessWindow, omegaOf } from '../../src/fairness/level.js';
import { defaultPolicy } from '../../src/fairness/policy.js';
import { Controller, hundredDollars, session, week } from '../support/controller.js';
import { hours, noon } from '../support/fold.js';

function pool(policy: object = {}): Controller {
  const test = new Controller();
  test.setPolicy({ windows: [hundredDollars(noon)], ...policy });
  return test;
}

const level = (test: Controller, key: string) => test.member(key).used / test.member(key).omega;

t.test('use is compared by weight and multiplier', async (t) => {
  t.equal(omegaOf(defaultPolicy, 2, 5), 10);
  t.equal(omegaOf({ ...defaultPolicy, multiplier_power: 0 }, 2, 5), 2);
  t.equal(omegaOf({ ...defaultPolicy, multiplier_power: -1 }, 2, 5), 0.4);
  const test = pool();
  test.join('ada', { weight: 2, multiplier: 5 });
  t.equal(test.member('ada').omega, 10);
  test.setPolicy({ multiplier_power: 0 });
  t.equal(test.member('ada').omega, 2);
});

t.test('the longest window that counts every model is the fairness period', async (t) => {
  const sonnet = { ...week, key: 'month_sonnet', length_s: 2_592_000, models: ['sonnet'] };
  const test = new Controller({ windows: [session, sonnet, week] });
  t.equal(fairnessWindow(test.state)?.key, 'week');
  test.setPolicy({
    windows: [
      { ...week, key: 'first' },
      { ...week, key: 'second' },
    ],
  });
  t.equal(fairnessWindow(test.state)?.key, 'first', 'of two that are as long, the first');
  test.setPolicy({ windows: [sonnet] });
  t.equal(fairnessWindow(test.state), null);
});

t.test('a newcomer starts where the others are', async (t) => {
  const test = pool();
  test.join('ada', { weight: 3 });
  test.join('bo');
  test.spend('ada', 6);
  test.spend('bo', 6);
  t.equal(currentLevel(test.state, test.at), 3, '12 dollars over a weight of 4');
  test.join('cy', { weight: 2 });
  t.equal(test.member('cy').used, 6);
  t.match(test.member('cy'), { autonomy: 0, collaboration: 0 }, 'which it did not use');
});

t.test('whose hours these are not counts less for where a newcomer starts', async (t) => {
  const test = pool();
  for (const key of ['ada', 'bo']) test.join(key);
  test.spend('ada', 10);
  test.pause('bo', 100);
  test.join('cy');
  t.equal(test.member('cy').used, 10);
  test.leave('ada');
  test.join('dee');
  t.equal(test.member('dee').used, 10, 'nor who has left: cy is all there is');
});

t.test('a change of weight keeps the level', async (t) => {
  const test = pool();
  test.join('ada');
  test.spend('ada', 6);
  test.join('ada', { weight: 3 });
  t.match(test.member('ada'), { used: 18, omega: 3, autonomy: 6 });
  test.setPolicy({ multiplier_power: 0.5 });
  t.equal(level(test, 'ada'), 6);
});

t.test('who left and comes back has its level, and no credit for the time between', async (t) => {
  const test = pool();
  for (const key of ['ada', 'bo']) test.join(key);
  test.spend('ada', 6);
  test.leave('ada');
  t.equal(test.plan().members.has('ada'), false);
  test.join('ada');
  t.equal(test.member('ada').used, 6);
});

t.test('a new period begins level', async (t) => {
  const test = pool();
  for (const key of ['ada', 'bo']) test.join(key);
  test.spend('ada', 30);
  test.spend('bo', 5, { collaboration: true });
  test.at += hours(168);
  test.join('cy');
  for (const key of ['ada', 'bo', 'cy']) t.match(test.member(key), { used: 0, autonomy: 0, collaboration: 0 }, key);
});

t.test('or with part of who was ahead, where the policy says so', async (t) => {
  const test = pool({ carry: 0.5 });
  test.join('ada', { weight: 2 });
  test.join('bo');
  test.spend('ada', 24);
  test.spend('bo', 3);
  test.at += hours(168);
  test.join('cy');
  t.equal(level(test, 'ada'), 0.5 * (12 - 9), 'half of what it is above the mean of 9');
  t.equal(level(test, 'bo'), 0);
});

t.test('use while a person works is not charged, or in part', async (t) => {
  const test = pool();
  test.join('ada');
  test.spend('ada', 4, { collaboration: true });
  t.match(test.member('ada'), { used: 0, collaboration: 4 });
  test.setPolicy({ collaboration_charge: 0.25 });
  test.spend('ada', 4, { collaboration: true });
  t.match(test.member('ada'), { used: 1, collaboration: 8 });
  t.equal(test.window().percent, 8, 'the window counts all of it');
});

t.test('merged, two are one: what both used, once', async (t) => {
  const test = pool();
  for (const key of ['ada', 'bo']) test.join(key);
  test.spend('ada', 2);
  test.spend('bo', 3);
  test.at += 1;
  test.spend('bo', 1, { collaboration: true });
  test.merge('bo', 'ada');
  t.match(test.member('ada'), { used: 5, autonomy: 5, collaboration: 1, lastWasCollaboration: true });
  t.equal(test.window().used.get('ada'), 6_000_000);
  t.strictSame([...test.state.members.keys()], ['ada']);
  test.join('cy');
  t.equal(test.member('cy').used, 5);
  test.merge('cy', 'ada');
  t.equal(test.member('ada').used, 5, 'who began at the level of others did not use that');
});

t.test('members stand in the order of their keys, whoever came first', async (t) => {
  const test = pool();
  for (const key of ['m', 'z', 'a', 'ö', 'b', 'B']) test.join(key);
  t.strictSame([...test.state.members.keys()], ['B', 'a', 'b', 'm', 'z', 'ö']);
});
