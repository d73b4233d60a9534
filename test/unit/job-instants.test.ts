// Goal: schedules come at the instants that people mean, also where a clock is put forward or back.
import t from 'tap';
import type { EpochMs } from '../../src/events/scalars.js';
import { dueInstants, instantsOf } from '../../src/jobs/instants.js';
import type { Timing } from '../../src/jobs/job.js';
import { limits } from '../../src/limits.js';

const berlin = 'Europe/Berlin';
const at = (text: string) => Date.parse(text) as EpochMs;
const iso = (instant: number | null) => (instant === null ? null : new Date(instant).toISOString());

function first(count: number, timing: Timing, timeZone: string, after: string) {
  const next = instantsOf(timing, timeZone);
  const found: (string | null)[] = [];
  for (let instant = next(at(after)); found.length < count && instant !== null; instant = next(instant)) {
    found.push(iso(instant));
  }
  return found;
}

const cases: readonly [what: string, cron: string, after: string, instants: readonly string[]][] = [
  [
    'in the hour that spring skips, at its end',
    '30 2 * * *',
    '2026-03-28T12:00:00Z',
    ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
  ],
  [
    'in the hour that autumn has twice, once, the first time',
    '30 2 * * *',
    '2026-10-24T12:00:00Z',
    ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
  ],
  [
    'each half hour of autumn, as it passes',
    '*/30 * * * *',
    '2026-10-24T23:45:00Z',
    ['2026-10-25T00:00:00.000Z', '2026-10-25T00:30:00.000Z', '2026-10-25T01:00:00.000Z', '2026-10-25T01:30:00.000Z'],
  ],
  [
    'each half hour of spring, as it passes',
    '*/30 * * * *',
    '2026-03-29T00:15:00Z',
    ['2026-03-29T00:30:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-29T01:30:00.000Z'],
  ],
  [
    'at midnight of the zone',
    '0 0 * * *',
    '2026-03-28T12:00:00Z',
    ['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
  ],
  ['on the last day of a month', '0 12 L * *', '2026-02-01T00:00:00Z', ['2026-02-28T11:00:00.000Z']],
  ['on the first Monday', '0 12 * * MON#1', '2026-02-03T00:00:00Z', ['2026-03-02T11:00:00.000Z']],
  ['with seconds', '15 0 12 * * *', '2026-02-03T00:00:00Z', ['2026-02-03T11:00:15.000Z']],
  ['by name', '@daily', '2026-02-03T00:00:00Z', ['2026-02-03T23:00:00.000Z']],
];

for (const [what, cron, after, instants] of cases) {
  t.test(`${cron}: ${what}`, async (t) => {
    t.strictSame(first(instants.length, { cron }, berlin, after), instants);
  });
}

t.test('where midnight itself is skipped, the day begins later', async (t) => {
  t.strictSame(first(1, { cron: '0 0 * * *' }, 'Asia/Beirut', '2026-03-28T12:00:00Z'), ['2026-03-28T22:00:00.000Z']);
});

t.test('intervals come at their multiples, wherever a daemon was started', async (t) => {
  t.strictSame(first(2, { everyMs: 300_000 }, berlin, '2026-01-05T09:33:11Z'), [
    '2026-01-05T09:35:00.000Z',
    '2026-01-05T09:40:00.000Z',
  ]);
});

t.test('what is wrong, or never comes, is refused', async (t) => {
  const invalid = { code: 'setting_invalid' };
  t.throws(() => instantsOf({ cron: 'daily' }, berlin), invalid);
  t.throws(() => instantsOf({ cron: '61 0 * * *' }, berlin), invalid);
  t.throws(() => instantsOf({ cron: '0 0 30 2 *' }, berlin), { ...invalid, message: /no such day ever comes/ });
  t.throws(() => instantsOf({ cron: '0 0 * * *' }, 'Mars/Olympus'), invalid);
});

t.test('what was missed is made up for as the job says', async (t) => {
  const daily = instantsOf({ cron: '0 0 * * *' }, berlin);
  const [monday, thursday] = [at('2026-01-05T12:00:00Z'), at('2026-01-08T12:00:00Z')];
  t.strictSame(dueInstants(daily, 'all', monday, thursday).map(iso), [
    '2026-01-05T23:00:00.000Z',
    '2026-01-06T23:00:00.000Z',
    '2026-01-07T23:00:00.000Z',
  ]);
  t.strictSame(dueInstants(daily, 'last', monday, thursday).map(iso), ['2026-01-07T23:00:00.000Z']);
  t.strictSame(dueInstants(daily, 'none', monday, thursday), []);
  const midnight = at('2026-01-07T23:00:10Z');
  t.strictSame(dueInstants(daily, 'none', monday, midnight).map(iso), ['2026-01-07T23:00:00.000Z'], 'it is in time');
});

t.test('it is made up for 35 days, and so many times at most', async (t) => {
  const daily = instantsOf({ cron: '0 0 * * *' }, 'UTC');
  const now = at('2026-06-01T12:00:00Z');
  t.equal(dueInstants(daily, 'all', 0 as EpochMs, now).length, 35);
  const minutes = dueInstants(instantsOf({ everyMs: 60_000 }, 'UTC'), 'all', 0 as EpochMs, now);
  t.equal(minutes.length, limits.jobCatchUpFiresMax);
  t.equal(minutes.at(-1), now, 'the newest ones');
});
