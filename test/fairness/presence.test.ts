// When a member is expected to be there: learnt by the hour, from what was seen and not from how often somebody looked.
import t from 'tap';
import { apply } from '../../src/fairness/apply.js';
import { defaultPolicy } from '../../src/fairness/policy.js';
import { isPresent, learnPresence, newPresence, Outlook } from '../../src/fairness/presence.js';
import { hourMs, type Member } from '../../src/fairness/state.js';
import { Controller } from '../support/controller.js';
import { hours, minutes, noon } from '../support/fold.js';
import { randomSource } from '../support/random.js';

const outlook = (test: Controller, key: string) => new Outlook(defaultPolicy, test.member(key), test.at);
const near = (found: number, wanted: number) => Math.abs(found - wanted) < 1e-9;

t.test('there after a report, for as long as it may well be waiting', async (t) => {
  const test = new Controller();
  const ada = test.join('ada');
  t.equal(isPresent(ada, test.at + minutes(30)), true, 'half an hour after it joined');
  t.equal(isPresent(ada, test.at + minutes(30) + 1), false);
  test.spend('ada', 1, { issued: 1_200 });
  t.equal(
    isPresent(ada, test.at + 1.5 * 1_200_000 + 900_000),
    true,
    'one and a half intervals and a quarter of an hour',
  );
  t.equal(isPresent(ada, test.at + 1.5 * 1_200_000 + 900_001), false);
  test.spend('ada', 1, { collaboration: true });
  t.equal(isPresent(ada, test.at + minutes(15)), true, 'a quarter of an hour with a person');
  t.equal(isPresent(ada, test.at + minutes(15) + 1), false);
});

t.test('who is seen to take longer is waited for longer', async (t) => {
  const test = new Controller();
  const ada = test.join('ada');
  for (let i = 0; i < 8; i++) {
    test.spend('ada', 1, { issued: 900 });
    test.at += hours(1);
  }
  t.equal(isPresent(ada, test.at - hours(1) + 1.5 * hours(1) + 900_000), true);
  t.equal(isPresent(ada, test.at - hours(1) + 1.5 * hours(1) + 900_001), false);
});

t.test('not there while paused, or retired', async (t) => {
  const test = new Controller();
  const ada = test.join('ada');
  test.pause('ada', 0.25);
  t.equal(isPresent(ada, test.at + minutes(15) - 1), false);
  t.equal(isPresent(ada, test.at + minutes(15)), true, 'the pause is over');
  test.leave('ada');
  t.equal(isPresent(ada, test.at + minutes(15)), false);
});

t.test('there again when it is resumed, and not before a pause ends that it was registered with', async (t) => {
  const test = new Controller();
  const ada = test.join('ada');
  test.pause('ada', null);
  t.equal(isPresent(ada, test.at + minutes(10)), false);
  apply(test.state, { type: 'resumed', at: test.at, key: 'ada' });
  t.equal(isPresent(ada, test.at + minutes(10)), true);
  const bo = test.join('bo', { pausedUntil: test.at + minutes(5), intervalSecondsMin: 1_200 });
  t.match(bo, { pausedUntil: test.at + minutes(5), intervalSecondsMin: 1_200 });
  t.equal(isPresent(bo, test.at + minutes(5) - 1), false);
  t.equal(isPresent(bo, test.at + minutes(5)), true);
  test.join('bo', { pausedUntil: test.at + minutes(9) });
  t.match(bo, { pausedUntil: test.at + minutes(9), intervalSecondsMin: null }, 'registered again');
});

t.test('hours are learnt, by the day and by the week', async (t) => {
  const test = new Controller({}, Date.parse('2026-01-05T00:00:00Z'));
  const { presence } = test.join('ada');
  // Two days: there from 8 to 16 o'clock, heard of every ten minutes.
  for (let i = 0; i < 2 * 144; i++) {
    const hour = new Date(test.at).getUTCHours();
    if (hour >= 8 && hour < 16) test.spend('ada', 1, { issued: 300 });
    test.at += minutes(10);
  }
  test.join('bo');
  for (const hour of [9, 12, 15]) t.equal(presence.byDay[hour], 1, `${hour} o'clock`);
  t.ok((presence.byDay[3] ?? 1) < 0.3, 'asleep at 3');
  t.equal(presence.byDayCount[3], 2.33, 'seen twice');
  t.equal(presence.byWeek[Math.floor(Date.parse('2026-01-05T03:00:00Z') / hourMs) % 168], 0, 'Monday at 3');
  t.equal(presence.byWeek[Math.floor(Date.parse('2026-01-08T03:00:00Z') / hourMs) % 168], null, 'no Thursday yet');
});

t.test('the part of an hour it was there is what is learnt', async (t) => {
  const presence = newPresence(noon);
  presence.until = noon + minutes(15);
  const member = { presence, retired: false, pausedUntil: null } as Member;
  learnPresence(member, noon + hours(1));
  t.equal(presence.byWeek[Math.floor(noon / hourMs) % 168], 0.25);
  // Begin 1 with the weight of 0.33 hours: 1 + (0.25 − 1) / 1.33.
  t.ok(near(presence.byDay[12] ?? 0, 1 - 0.75 / 1.33));
});

t.test('less than ten minutes of an hour teach nothing', async (t) => {
  for (const [length, seen] of [
    [10, 1],
    [9, 0],
  ] as const) {
    const presence = newPresence(noon + minutes(60 - length));
    learnPresence({ presence, retired: false, pausedUntil: null } as Member, noon + hours(1));
    t.equal(presence.byDayCount[12], 0.33 + seen, `${length} minutes`);
  }
});

t.test('paused time teaches nothing', async (t) => {
  const test = new Controller();
  const { presence } = test.join('ada');
  test.spend('ada', 1, { issued: 300 });
  test.pause('ada', 6);
  test.at += hours(6);
  test.join('bo');
  t.strictSame(
    presence.byDayCount.filter((count) => count !== 0.33),
    [],
  );
});

t.test('it does not matter in how many steps time passes', async (t) => {
  const random = randomSource(20_260_112);
  for (let i = 0; i < 200; i++) {
    const [one, many] = [newPresence(noon + 17), newPresence(noon + 17)];
    const end = noon + Math.floor(random() * hours(60));
    const pausedUntil = random() < 0.3 ? noon + Math.floor(random() * hours(30)) : null;
    const members = [one, many].map((presence) => {
      presence.until = noon + hours(5);
      return { presence, retired: false, pausedUntil } as Member;
    }) as [Member, Member];
    learnPresence(members[0], end);
    for (let at = noon; at < end; at += Math.floor(random() * minutes(40))) learnPresence(members[1], at);
    learnPresence(members[1], end);
    if (JSON.stringify(one) !== JSON.stringify(many)) throw new Error(`${i}: ${JSON.stringify(many)}`);
  }
  t.pass('200 silences');
});

t.test('after a silence of many weeks only the last eight are learnt', async (t) => {
  const presence = newPresence(noon);
  learnPresence({ presence, retired: false, pausedUntil: null } as Member, noon + hours(168 * 500));
  t.equal(presence.byDayCount[0], 0.33 + 56);
});

t.test('expected of who is always there: all the time', async (t) => {
  const test = new Controller();
  test.join('ada');
  for (const length of [0.1, 5, 48, 400]) t.ok(near(outlook(test, 'ada').expected(length), 1), `${length} h`);
});

t.test('expected of who just fell silent, by hand', async (t) => {
  const test = new Controller();
  test.join('ada');
  test.at += hours(1);
  // Usually always there, now not: 1 − (1/T) ∫ e^(−s/3) ds over the first 9 of T hours.
  const missing = (length: number) => (3 * (1 - Math.exp(-Math.min(length, 9) / 3))) / length;
  for (const length of [0.5, 3, 9, 24, 168]) {
    t.ok(near(outlook(test, 'ada').expected(length), 1 - missing(length)), `${length} h`);
  }
});

t.test('expected by the hour: the part of the hours ahead that it was there before', async (t) => {
  const test = new Controller({}, Date.parse('2026-01-05T00:00:00Z'));
  const { presence } = test.join('ada');
  presence.byDay = presence.byDay.map((_, hour) => (hour >= 8 && hour < 16 ? 1 : 0));
  presence.until = 0;
  // That it is not there now still says something about the ninth hour: ∫ e^(−s/3) ds from 8 to 9.
  const less = 3 * (Math.exp(-8 / 3) - Math.exp(-9 / 3));
  t.ok(near(outlook(test, 'ada').expected(24 * 14), 1 / 3 - less / (24 * 14)), 'a third of two weeks');
  t.ok(near(outlook(test, 'ada').expected(10), 2 / 10 - less / 10), 'two of the next ten hours');
  test.at += hours(12);
  const rest = 3 * (1 - Math.exp(-4 / 3));
  t.ok(near(outlook(test, 'ada').expected(4), 1 - rest / 4), 'gone, though it should be there');
});

t.test('expected of who is paused: nothing before the pause ends', async (t) => {
  const test = new Controller();
  test.join('ada');
  test.pause('ada', 10);
  t.equal(outlook(test, 'ada').expected(10), 0);
  t.ok(near(outlook(test, 'ada').expected(40), 30 / 40));
  test.pause('ada', null);
  t.equal(outlook(test, 'ada').expected(1_000), 0, 'until resumed');
});

t.test('the better of the two predictions counts more', async (t) => {
  const test = new Controller();
  const { presence } = test.join('ada');
  presence.until = 0;
  presence.byDay.fill(0);
  presence.byWeek.fill(1);
  const later = new Outlook(defaultPolicy, test.member('ada'), test.at).expected(168);
  // (0.08 + 0.01)² against (0.04 + 0.01)²: the week has 81 of 106 parts. Absent now takes 3 h · (1 − e^−3) of that away.
  const usual = 81 / 106;
  t.ok(near(later, usual - (usual * 3 * (1 - Math.exp(-3))) / 168), `${later}`);
});

t.test('a second week, by hand: what was seen moves both predictions, and how far each was off', async (t) => {
  const presence = newPresence(noon);
  const [ofDay, ofWeek] = [12, Math.floor(noon / hourMs) % 168];
  presence.byDay[ofDay] = 0.5;
  presence.byDayCount[ofDay] = 3.33;
  presence.byWeek[ofWeek] = 0.75;
  presence.until = noon + minutes(15);
  learnPresence({ presence, retired: false, pausedUntil: null } as Member, noon + hours(1));
  // A quarter of the hour was seen, a quarter less than by the day, and half less than by the week.
  t.ok(near(presence.errorByDay, 0.08 + (0.25 - 0.08) / 48), `${presence.errorByDay}`);
  t.ok(near(presence.errorByWeek, 0.04 + (0.5 - 0.04) / 48), `${presence.errorByWeek}`);
  t.ok(near(presence.byDay[ofDay] ?? 0, 0.5 - 0.3 * 0.25), 'three tenths of the way at least');
  t.ok(near(presence.byWeek[ofWeek] ?? 0, 0.5), 'half of the way');
  const first = newPresence(noon);
  learnPresence({ presence: first, retired: false, pausedUntil: null } as Member, noon + hours(1));
  t.equal(first.errorByWeek, 0.04, 'an hour of the week not seen before could not be wrong');
});

t.test('of who left nothing is learnt', async (t) => {
  const presence = newPresence(noon);
  learnPresence({ presence, retired: true, pausedUntil: null } as Member, noon + hours(5));
  t.match(presence, { at: noon + hours(5), observedMs: 0, presentMs: 0 });
  t.equal(presence.byDayCount[12], 0.33);
});

t.test('four waits are enough to be waited for as long as usual', async (t) => {
  const usual = (reports: number) => {
    const test = new Controller();
    const ada = test.join('ada');
    for (let i = 0; i < reports; i++) {
      test.at += hours(1);
      test.spend('ada', 1, { issued: 900 });
    }
    return (ada.presence.until - test.at) / 1_000;
  };
  t.equal(usual(4), 1.5 * 900 + 900, 'three waits: by what it was told');
  t.equal(usual(5), 1.5 * 3_600 + 900, 'four: by the hour it takes');
});
