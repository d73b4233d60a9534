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

t.test('of two that are merged, what was learnt of the busier one stays, and what was told last', async (t) => {
  const test = pool({ collaboration_charge: 0.5 });
  for (const key of ['ada', 'bo']) test.join(key);
  test.spend('ada', 2, { issued: 900 });
  test.at += 1_000;
  for (let i = 0; i < 3; i++) test.spend('bo', 1, { issued: 1_200 });
  test.spend('bo', 4, { collaboration: true });
  test.merge('bo', 'ada');
  const { used, wakes, wakeCost, issued, lastAt, presence } = test.member('ada');
  t.match(
    { used, wakes, wakeCost, issued, lastAt },
    { used: 2 + 3 + 2, wakes: 3, wakeCost: 1, issued: 1_200, lastAt: test.at },
  );
  t.equal(presence.until, test.at + 900_000, 'a person was at work last');
  // The other way round: who is merged was less busy, and spoke earlier, or never.
  const other = pool();
  for (const key of ['ada', 'bo', 'cy']) other.join(key);
  other.spend('bo', 1, { issued: 1_200 });
  other.at += 1_000;
  for (let i = 0; i < 2; i++) other.spend('ada', 2, { issued: 900 });
  for (const gone of ['bo', 'cy']) {
    other.merge(gone, 'ada');
    t.match(other.member('ada'), { wakes: 2, wakeCost: 2, issued: 900, lastAt: other.at, lastWasCollaboration: false });
  }
  t.equal(other.member('ada').used, 5);
});

t.test('who was never heard of takes on what the one merged into it was told', async (t) => {
  const test = pool();
  for (const key of ['ada', 'bo']) test.join(key);
  test.spend('bo', 1, { issued: 1_200 });
  test.merge('bo', 'ada');
  t.match(test.member('ada'), { issued: 1_200, lastAt: test.at });
  t.equal(test.member('ada').presence.until, test.at + 1.5 * 1_200_000 + 900_000);
});

t.test('a period of another window is not the fairness period', async (t) => {
  const test = pool({ windows: [hundredDollars(noon), { ...session, known_budget_micro_usd: 50_000_000 }] });
  test.join('ada');
  test.spend('ada', 6);
  test.passTo(noon + hours(5));
  t.equal(test.window('session').percent, 0);
  t.equal(test.member('ada').used, 6, 'the session has ended, the week goes on');
  const read = new Controller({ windows: [week, session] });
  read.join('ada');
  read.spend('ada', 6);
  read.read('session', 50, { resetsAt: noon + hours(5) });
  read.at += 1_000;
  read.read('session', 2, { resetsAt: noon + hours(6) });
  t.equal(read.window('session').percent, 2, 'it began again early');
  t.equal(read.member('ada').used, 6);
});

t.test('a correction counts in the windows that count its model', async (t) => {
  const sonnet = { ...hundredDollars(noon), key: 'week_sonnet', models: ['sonnet'] };
  const test = pool({ windows: [hundredDollars(noon), sonnet] });
  test.join('ada', { model: 'claude-sonnet-4' });
  test.spend('ada', 6);
  const corrected = (key: string, model: string | null) => {
    test.correct({ key, collaboration: false, cost: -1, model, occurredAt: noon });
    return [test.window().percent, test.window('week_sonnet').percent];
  };
  t.strictSame(corrected('ada', 'claude-opus-4'), [5, 6]);
  t.strictSame(corrected('ada', 'claude-sonnet-4'), [4, 5]);
  t.strictSame(corrected('ada', null), [3, 4], 'its own, where none was told');
  t.strictSame(corrected('nobody', null), [2, 4], 'of somebody unknown it is not known');
});

t.test('a window that was read stays when a policy no longer lists it', async (t) => {
  const test = new Controller({ windows: [week, session] });
  test.read('other', 30, { resetsAt: noon + hours(9), lengthSeconds: 36_000 });
  test.read('session', 20, { resetsAt: noon + hours(5) });
  test.setPolicy({ windows: [week] });
  t.match(test.window('other'), { percent: 30, lengthMs: 36_000_000 });
  t.match(test.window('session'), { percent: 20, lengthMs: 18_000_000 });
  test.setPolicy({ windows: [] });
  t.equal(test.state.windows.has('week'), false, 'one that was not read goes');
});

t.test('members stand in the order of their keys, whoever came first', async (t) => {
  const test = pool();
  for (const key of ['m', 'z', 'a', 'ö', 'b', 'B']) test.join(key);
  t.strictSame([...test.state.members.keys()], ['B', 'a', 'b', 'm', 'z', 'ö']);
});
