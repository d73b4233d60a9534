// A window as it stands at a moment, without changing it; by hand.
import t from 'tap';
import { unattributedCost, viewWindow } from '../../src/fairness/window-view.js';
import { Controller, session } from '../support/controller.js';
import { hours, noon } from '../support/fold.js';

/** A week read at noon with 100 hours left: 40 % used, a dollar is 2 %, and a fifth of a point an hour comes from elsewhere. */
function read(): Controller {
  const test = new Controller();
  const covariance = { pp: 0.2, pt: 0.01, pe: 0.02, tt: 0.04, te: 0.001, ee: 0.01 };
  Object.assign(test.window(), {
    at: noon,
    lastRead: noon,
    resetAt: noon + hours(100),
    startAt: noon - hours(68),
    percent: 40,
    perDollar: 2,
    unattributed: 0.2,
    covariance,
    cost: 30,
    costAtStart: 12,
  });
  return test;
}

const viewAfter = (test: Controller, hoursLater: number, key = 'week') =>
  viewWindow(test.state, test.window(key), noon + hours(hoursLater));
const near = (found: number | null, byHand: number) => Math.abs((found ?? Number.NaN) - byHand) < 1e-9;
/** Use from elsewhere is forgotten in a seventh of the week. */
const memory = 24;

t.test('hours after the last use, what comes from elsewhere has added to it, and faded', async (t) => {
  const view = viewAfter(read(), 10);
  const kept = Math.exp(-10 / memory);
  const reach = memory * (1 - kept);
  t.ok(near(view.percent, 40 + 0.2 * reach), `${view.percent} %`);
  t.ok(near(view.deviation, Math.sqrt(0.2 + 2 * reach * 0.02 + reach ** 2 * 0.01)), `± ${view.deviation}`);
  t.ok(near(view.unattributed, 0.2 * kept), `${view.unattributed} an hour`);
  t.ok(near(view.unattributedAhead, 0.2 * kept * memory * (1 - Math.exp(-90 / memory))), 'until the reset');
  t.match(view, {
    budget: 50,
    known: true,
    full: false,
    hoursLeft: 90,
    lengthHours: 168,
    ledgerCost: 18,
    ended: false,
  });
  t.ok(near(view.budgetDeviation, 0.1), 'a tenth: the root of 0.04, of 2');
  t.ok(near(unattributedCost(view), view.percent / 2 - 18), 'dollars that the ledger does not know of');
});

t.test('at its reset a window that is fixed is empty, but for what comes from elsewhere since', async (t) => {
  t.match(viewAfter(read(), 100 - 1e-3), { ended: false, resetAt: noon + hours(100) });
  t.match(viewAfter(read(), 100), {
    ended: true,
    percent: 0,
    ledgerCost: 0,
    resetAt: noon + hours(268),
    hoursLeft: 168,
  });
  const view = viewAfter(read(), 112);
  t.ok(near(view.percent, 0.2 * memory * (1 - Math.exp(-12 / memory))), `${view.percent} %`);
  t.ok(near(view.deviation, Math.sqrt(0.05)));
  t.ok(near(view.unattributed, 0.2 * Math.exp(-112 / memory)), 'it fades from the last use on');
});

t.test('one that begins with use does not run after its reset, and nothing adds to it', async (t) => {
  const test = new Controller({ windows: [session] });
  const { covariance } = read().window();
  const state = { at: noon, lastRead: noon, resetAt: noon + hours(2), percent: 40, perDollar: 2, unattributed: 0.2 };
  Object.assign(test.window('session'), { ...state, covariance });
  t.match(viewAfter(test, 3, 'session'), { ended: true, percent: 0, resetAt: null, hoursLeft: 5, reopensAt: null });
});

t.test('a budget nobody knows is none', async (t) => {
  const view = viewWindow(new Controller().state, new Controller().window(), noon);
  t.match(view, { perDollar: 0, budget: null, budgetDeviation: null, known: false });
  t.equal(unattributedCost(view), null);
  const test = read();
  test.window().cost = 100;
  t.equal(unattributedCost(viewAfter(test, 0)), 0, 'where the ledger knows of more, nothing came from elsewhere');
});

t.test('refused for a while it is full until then, and again open', async (t) => {
  const test = read();
  test.window().refusedUntil = noon + hours(3);
  t.match(viewAfter(test, 1), { full: true, reopensAt: noon + hours(3), resetAt: noon + hours(100) });
  t.match(viewAfter(test, 3), { full: false, reopensAt: noon + hours(100) });
  test.window().full = true;
  t.match(viewAfter(test, 1), { full: true, reopensAt: noon + hours(100) }, 'full until its reset');
  test.window().refusedUntil = noon + hours(150);
  t.match(viewAfter(test, 101), { full: false }, 'a refusal of a period that has ended is over');
});

t.test('without any rule there is no window to plan with', async (t) => {
  const test = new Controller({ windows: [] });
  test.state.windows.clear();
  test.join('ada');
  t.strictSame(test.plan().windows, []);
  t.equal(test.planned('ada').heldBy, null);
});
