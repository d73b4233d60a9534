// When a window runs out if it is used on as now: a range, or nothing where too little is known.
import t from 'tap';
import { allocate } from '../../src/fairness/allocate.js';
import { type Runout, runout } from '../../src/fairness/runout.js';
import { Controller, hundredDollars, week } from '../support/controller.js';
import { hours, minutes, noon } from '../support/fold.js';

/** A hundred dollars a week, of which so many go every hour. */
function burning(perHour: number, hoursLong: number): Controller {
  const test = new Controller();
  test.setPolicy({ windows: [hundredDollars(noon)] });
  test.join('ada');
  for (let i = 0; i < hoursLong * 10; i++) {
    test.spend('ada', perHour / 10);
    test.at += minutes(6);
  }
  return test;
}

const found = (test: Controller, key = 'week') => runout(test.state, test.window(key), test.at);

function known(test: Controller): Runout {
  const range = found(test);
  if (range === null) throw new Error('nothing is known');
  return range;
}

t.test('nothing before a fifth of a half-life of use was seen', async (t) => {
  // A tenth of a week is the half-life: 3.36 hours of use say enough.
  t.equal(found(burning(2, 3)), null);
  t.not(found(burning(2, 4)), null);
});

t.test('nothing while the budget is unknown, or nobody uses it', async (t) => {
  const unread = new Controller({ windows: [week] });
  unread.join('ada');
  for (let i = 0; i < 100; i++) {
    unread.spend('ada', 0.2);
    unread.at += minutes(6);
  }
  t.equal(found(unread), null);
  unread.read('week', 20);
  t.equal(found(unread), null, 'one reading tells no budget');
  t.equal(found(burning(0, 10)), null);
});

t.test('two dollars an hour of a hundred: in what is left over two hours', async (t) => {
  const test = burning(2, 10);
  const { p10, p50, p90, burn, projected, beforeReset } = known(test);
  t.ok(Math.abs(burn - 2) < 0.1, `${burn}`);
  const left = (p50 - test.at) / hours(1);
  t.ok(Math.abs(left - 80 / burn) < 1e-6, `${left}`);
  t.ok(test.at < p10 && p10 < p50 && p50 < p90);
  t.ok(beforeReset > 0.99, 'the week lasts longer');
  t.ok(Math.abs(projected - (20 + burn * 158)) < 1e-6);
  t.ok(known(burning(0.3, 10)).beforeReset < 0.05);
});

t.test('a range by hand: ten dollars, and four more after a half-life', async (t) => {
  const test = new Controller();
  test.setPolicy({ windows: [hundredDollars(noon)] });
  test.join('ada');
  test.spend('ada', 10);
  // A tenth of a week: by then the ten dollars weigh 1/2, and their square, which counts twice, 1/4.
  const halfLife = 16.8;
  test.at += hours(halfLife);
  test.spend('ada', 4);
  const counted = (halfLife * (1 - 1 / 2)) / Math.LN2;
  const pace = (10 / 2 + 4) / counted;
  // A dollar is 1 %: 86 % are left.
  const left = 86 / pace;
  const ofPace = (100 / 4 + 16) / 9 ** 2;
  const ofWakes = ((100 / 2 + 16) / counted) * (left / 86 ** 2);
  const relative = Math.sqrt(ofPace + ofWakes + 0.01 + 1e-6);
  const { p10, p50, p90, burn, projected } = known(test);
  const near = (value: number, byHand: number, what: string) =>
    t.ok(Math.abs(value / byHand - 1) < 1e-6, `${what}: ${value}, by hand ${byHand}`);
  near(burn, pace, 'dollars an hour');
  near((p50 - test.at) / hours(1), left, 'median');
  near((p10 - test.at) / hours(1), left * Math.exp(-1.2816 * relative), 'first decile');
  near((p90 - test.at) / hours(1), left * Math.exp(1.2816 * relative), 'last decile');
  near(projected, 14 + pace * (168 - halfLife), 'at the reset');
  // Another half-life later the pace has faded to half of the dollars, over half of the hours and a half-life more.
  test.at += hours(halfLife);
  near(known(test).burn, 9 / 2 / (counted / 2 + counted), 'dollars an hour after a silence');
});

/** The distribution of a standard normal, as the area below its density: 20,000 strips from −8. */
function normal(x: number): number {
  const strip = (x + 8) / 20_000;
  let area = 0;
  for (let i = 0; i < 20_000; i++) area += strip * Math.exp(-((-8 + (i + 0.5) * strip) ** 2) / 2);
  return area / Math.sqrt(2 * Math.PI);
}

t.test('a range by hand, of a budget that was learnt, with use from elsewhere', async (t) => {
  const matrix = [
    [0.2, 0.01, 0.02],
    [0.01, 0.0025, 0.001],
    [0.02, 0.001, 0.01],
  ] as const;
  for (const [cost, hoursLeft, unattributed] of [
    [20, 100, 0.2],
    [60, 100, 0.2],
    [60, 6, 0.2],
    [20, 20, -0.2],
    [0, 100, 0.2],
  ] as const) {
    const test = new Controller();
    const covariance = { pp: 0.2, pt: 0.01, pe: 0.02, tt: 0.0025, te: 0.001, ee: 0.01 };
    const burn = { cost, costSquared: 66, costSquaredTwice: 41, hours: 12, at: noon };
    const state = {
      at: noon,
      lastRead: noon,
      resetAt: noon + hours(hoursLeft),
      percent: 40,
      perDollar: 1,
      unattributed,
    };
    Object.assign(test.window(), { ...state, covariance, burn });
    // 60 % are left, of which a dollar takes 1, and others take theirs.
    const pace = cost / 12;
    const left = 60 / (pace + Math.max(0, unattributed));
    // The uncertainty of percent + pace · left · θ + hours · e, where e is forgotten in 24 hours.
    const by = [1, pace * left, Math.min(left, 24)] as const;
    let ofFilter = 0;
    for (const [i, row] of matrix.entries()) {
      for (const [j, value] of row.entries()) ofFilter += (by[i] as number) * value * (by[j] as number);
    }
    const ofPace = cost === 0 ? 0 : 41 / 12 ** 2 / pace ** 2;
    const ofWakes = (66 / 12) * left;
    const ofHabits = 0.01 * Math.min(1, left / 24);
    const relative = Math.sqrt((ofFilter + ofWakes) / 60 ** 2 + ofPace + ofHabits + 1e-6);
    const { p10, p50, p90, beforeReset, projected } = known(test);
    const near = (value: number, byHand: number, off: number, what: string) =>
      t.ok(Math.abs(value / byHand - 1) < off, `${what} of ${cost} dollars: ${value}, by hand ${byHand}`);
    near((p50 - noon) / hours(1), left, 1e-6, 'median');
    near((p10 - noon) / hours(1), left * Math.exp(-1.2816 * relative), 1e-6, 'first decile');
    near((p90 - noon) / hours(1), left * Math.exp(1.2816 * relative), 1e-6, 'last decile');
    const probability = normal(Math.log(hoursLeft / left) / relative);
    t.ok(Math.abs(beforeReset - probability) < 2e-7, `probability ${beforeReset}, by hand ${probability}`);
    near(projected, 40 + (60 / left) * hoursLeft, 1e-9, 'at the reset');
  }
});

t.test('used up by what was counted it has run out, and may be used more than whole', async (t) => {
  const test = burning(2, 10);
  test.spend('ada', 85);
  t.match(known(test), { p50: test.at, beforeReset: 1 });
  t.ok(Math.abs(known(test).projected - 105) < 1e-9);
});

t.test('irregular use makes a wide range of it', async (t) => {
  const steady = known(burning(2, 20));
  const rare = burning(0, 20);
  for (let i = 0; i < 4; i++) {
    rare.spend('ada', 10);
    rare.at += hours(5);
  }
  const wide = known(rare);
  const width = ({ p10, p90 }: Runout) => Math.log((p90 - noon) / (p10 - noon));
  t.ok(width(wide) > 1.5 * width(steady), `${width(wide)} and ${width(steady)}`);
});

t.test('a full window has run out', async (t) => {
  const test = burning(2, 10);
  test.exhaust('week', test.at + hours(9));
  t.match(known(test), { p10: test.at, p50: test.at, p90: test.at, beforeReset: 1 });
});

t.test('after weeks of silence it does not run out', async (t) => {
  const test = burning(2, 10);
  test.at += hours(20 * 168);
  t.equal(found(test), null);
  // Half a thousand half-lives: the pace is a number too small to be squared.
  const session = { ...hundredDollars(noon), key: 'session', length_s: 18_000 };
  test.setPolicy({ windows: [session] });
  test.spend('ada', 1);
  test.at += hours(4);
  test.spend('ada', 1);
  for (const silence of [270, 400, 540, 3_000]) {
    test.at += hours(silence);
    for (const { runout: range } of allocate(test.state, test.at).windows) t.equal(range, null, `${silence} hours`);
  }
});
