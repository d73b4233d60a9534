// Why an agent is told what it is told: one plain sentence, with the figures.

import t from 'tap';
import { reasonOf } from '../../src/fairness/reason.js';
import { Controller, hundredDollars, session, week } from '../support/controller.js';
import { hours, noon } from '../support/fold.js';

function pool(dollars: number): Controller {
  const test = new Controller();
  test.setPolicy({ windows: [{ ...hundredDollars(noon), known_budget_micro_usd: dollars * 1e6 }, session] });
  for (const key of ['ada', 'bo']) test.join(key);
  for (const key of ['ada', 'bo', 'ada', 'bo']) test.spend(key, 1);
  return test;
}

function reason(test: Controller, key = 'ada'): string {
  const made = test.plan();
  return reasonOf(test.state.policy, test.toldBy(made, key), made.members.get(key), made);
}

t.test('an equal share', async (t) => {
  t.equal(reason(pool(404)), 'Runs every 50 min: week (1 % used) has to last 7 d; it gets its equal share.');
});

t.test('behind the others, or ahead of them', async (t) => {
  const test = pool(404);
  test.spend('bo', 40);
  Object.assign(test.member('bo'), { wakeCost: 1 });
  t.match(
    reason(test),
    /^Runs every \d+ min: week \(11 % used\) has to last 7 d; it has used less than its share so far and catches up\.$/,
  );
  t.match(
    reason(test, 'bo'),
    /^Runs every .*: week \(11 % used\) has to last 7 d; it has used more than its share so far\.$/,
  );
});

t.test('enough left', async (t) => {
  t.equal(reason(pool(1e6)), 'Runs every 5 min, as often as it may: there is enough left.');
});

t.test('held by nothing but its own pace', async (t) => {
  const test = pool(404);
  test.spend('bo', 60);
  test.setPolicy({ boost_max: 1 });
  t.match(reason(test), /^Runs every \d+ min: no window limits it, only its own pace and the limit on catching up\.$/);
});

t.test('the longest wait', async (t) => {
  t.equal(
    reason(pool(14)),
    'Runs every 24 h, the longest wait there is: week (29 % used) has to last 7 d; it gets its equal share.',
  );
});

t.test('a budget that is not known', async (t) => {
  const test = new Controller({ windows: [week] });
  for (const key of ['ada', 'bo']) test.join(key);
  test.spend('bo', 40);
  test.spend('ada', 1);
  Object.assign(test.member('bo'), { wakeCost: 1 });
  t.match(
    reason(test, 'bo'),
    /^Runs every \d+ min: how much week holds is not known yet; it has used more than its share so far\.$/,
  );
});

t.test('one that runs less, and one that runs more, than it is told', async (t) => {
  const test = pool(404);
  Object.assign(test.member('ada'), { ratio: 2, gap: 7_200, gaps: 9 });
  Object.assign(test.member('bo'), { ratio: 0.3, gap: 600, gaps: 9 });
  t.match(reason(test), /; it runs only every 2 h, so the rest of its share is lent\.$/);
  t.match(reason(test, 'bo'), /; it runs every 10 min whatever it is told, so that is what is planned for\.$/);
});

t.test('full windows', async (t) => {
  const test = pool(404);
  test.exhaust('session', test.at + hours(2));
  t.match(reason(test), /^session is full: wait 2 h [1-5] min, until shortly after the reset\.$/);
  test.spend('bo', 401);
  t.match(reason(test), /^week and session are used up: wait 7 d, until shortly after the reset\.$/);
});

t.test('no share, and the static method', async (t) => {
  const test = pool(404);
  t.equal(reason(test, 'eve'), 'Runs every 15 min: it has no share until it is confirmed.');
  test.setPolicy({ method: 'static' });
  t.equal(reason(test), 'Everybody runs every 15 min.');
});
