// Goal: messages about limits name their window and their reset; the reset is the instant that the words mean, wherever that is.
import { test } from 'tap';
import { limitText } from '../../src/sources/limit-text.js';
import { noon, readText, windowsOf } from '../support/read-source.js';

const read = (text: string, at?: string, timeZone?: string) =>
  readText(limitText, text, { ...(at && { at }), ...(timeZone && { timeZone }) });
const windows = (text: string, at?: string, timeZone?: string) => windowsOf(read(text, at, timeZone));

test('a limit that was hit is used up, until its reset', async (t) => {
  t.match(windows("You've hit your session limit · resets 4pm (UTC)"), {
    session_5hour: { percentBp: 10_000, exhausted: true, resetsAt: '2026-05-13T16:00:00.000Z', rawReset: '4pm (UTC)' },
  });
  const keys = (words: string) => Object.keys(windows(`You’ve reached your ${words}limit.`));
  t.same(keys('5-hour '), ['session_5hour']);
  t.same(keys('weekly '), ['week_all']);
  t.same(keys('Opus '), ['week_opus']);
  t.same(keys('Opus weekly '), ['week_opus']);
  t.same(keys('Fable '), ['week_fable']);
  t.same(keys('extra usage '), ['extra_usage']);
  t.same(keys(''), ['unknown'], 'which one is not said');
  t.same(keys('context '), [], 'what is used up there is no quota');
  t.same(keys('monthly spend '), []);
  t.same(keys('Opus spend '), []);
});

test('a limit that is near is a reading', async (t) => {
  const near = windows("You've used 91.5% of your weekly limit · resets May 16, 9:30am (UTC)");
  t.same(near, {
    week_all: {
      percentBp: 9_150,
      durationS: 604_800,
      resetsAt: '2026-05-16T09:30:00.000Z',
      rawReset: 'May 16, 9:30am (UTC)',
    },
  });
});

test('earlier versions said it in other words', async (t) => {
  t.match(windows('  ⎿  Opus weekly limit reached ∙ resets May 14, 5pm · /upgrade to increase your usage limit.'), {
    week_opus: { exhausted: true, resetsAt: '2026-05-14T17:00:00.000Z' },
  });
  t.match(windows('Claude usage limit reached. Your limit will reset at 3pm (Europe/Rome).'), {
    session_5hour: { exhausted: true, resetsAt: '2026-05-13T13:00:00.000Z' },
  });
  t.match(windows('Claude AI usage limit reached|1778688000'), {
    unknown: { percentBp: 10_000, exhausted: true, resetsAt: '2026-05-13T16:00:00.000Z' },
  });
});

test('what only mentions a limit says nothing of a window', async (t) => {
  for (const text of [
    "API Error: Request rejected (429) · This request would exceed your account's rate limit.",
    'Rate limit reached',
    'Context limit reached · /compact or /clear to continue',
    'They said: You have hit your weekly limit',
    "I don't think you've hit your weekly limit",
    "You've hit your weekly limit, have you?",
    `You've hit your weekly limit · ${'x'.repeat(300)}`,
    '',
  ]) {
    t.same(windows(text), {}, text);
    t.same(read(text).skipped, { 'no-limit-text': 1 });
  }
});

const reset = (words: string, at?: string, window = 'weekly', timeZone?: string) => {
  const found = windows(`You've hit your ${window} limit · resets ${words}`, at, timeZone);
  return (Object.values(found)[0] as { resetsAt: string | null }).resetsAt;
};

test('a time of day is the next one, in the zone that is named', async (t) => {
  t.equal(reset('1pm (UTC)'), '2026-05-13T13:00:00.000Z');
  t.equal(reset('11am (UTC)'), '2026-05-14T11:00:00.000Z', 'past today');
  t.equal(reset('at 12am (UTC)'), '2026-05-14T00:00:00.000Z', 'midnight');
  t.equal(reset('12pm (UTC)', '2026-05-13T11:00:00Z'), '2026-05-13T12:00:00.000Z', 'noon');
  t.equal(reset('12:05am (UTC)'), '2026-05-14T00:05:00.000Z');
  t.equal(reset('18:45 (UTC)'), '2026-05-13T18:45:00.000Z');
  t.equal(reset('6:15PM (Asia/Kolkata)'), '2026-05-13T12:45:00.000Z', 'half an hour aside');
  t.equal(reset('2am (Pacific/Kiritimati)'), '2026-05-13T12:00:00.000Z', 'where it is tomorrow');
  t.equal(reset('11:30pm (Pacific/Pago_Pago)'), '2026-05-14T10:30:00.000Z', 'where it is yesterday');
});

test('the seconds are left out, so the minute of the reading is not past', async (t) => {
  t.equal(reset('12pm (UTC)', '2026-05-13T12:00:59Z'), '2026-05-13T12:00:00.000Z');
  t.equal(reset('12pm (UTC)', '2026-05-13T12:01:00Z'), '2026-05-14T12:00:00.000Z');
});

test('without a zone it is that of the machine, or else UTC', async (t) => {
  t.equal(reset('3pm', noon, 'weekly', 'Europe/Berlin'), '2026-05-13T13:00:00.000Z');
  t.equal(reset('3pm', noon), '2026-05-13T15:00:00.000Z');
  t.equal(reset('3pm (Asia/Tokyo)', noon, 'weekly', 'Europe/Berlin'), '2026-05-14T06:00:00.000Z');
});

test('a day of the week is the next one', async (t) => {
  t.equal(reset('Fri 9am (UTC)'), '2026-05-15T09:00:00.000Z');
  t.equal(reset('Wednesday at 9am (UTC)'), '2026-05-20T09:00:00.000Z', 'it was a Wednesday, and past nine');
});

test('dates are written in many ways', async (t) => {
  for (const words of [
    'May 15, 9am (UTC)',
    'May 15 at 9am (UTC)',
    'may 15 9:00am (UTC)',
    'May 15, 2026, 9am (UTC)',
    'May 15, 2026 at 9:00 am (UTC).',
  ]) {
    t.equal(reset(words), '2026-05-15T09:00:00.000Z', words);
  }
  t.equal(reset('Sept 2, 9am (UTC)', '2026-08-30T00:00:00Z'), '2026-09-02T09:00:00.000Z');
  t.equal(reset('June 1 (UTC)', noon, 'extra usage'), '2026-06-01T00:00:00.000Z', 'a day alone begins at midnight');
});

test('without a year it is the date that is near', async (t) => {
  t.equal(reset('Jan 2, 3am (UTC)', '2026-12-30T12:00:00Z'), '2027-01-02T03:00:00.000Z', 'over the new year');
  t.equal(reset('Dec 31, 11pm (UTC)', '2027-01-01T00:30:00Z'), '2026-12-31T23:00:00.000Z', 'just past');
  t.equal(reset('Feb 29, 9am (UTC)', '2028-02-27T12:00:00Z'), '2028-02-29T09:00:00.000Z');
  t.equal(reset('May 13, 10:30am (UTC)'), '2026-05-13T10:30:00.000Z', 'within two hours');
  t.equal(reset('May 13, 10am (UTC)'), null, 'two hours ago');
  t.equal(reset('May 21, 12pm (UTC)'), '2026-05-21T12:00:00.000Z', 'a week and a day');
  t.equal(reset('May 21, 12:01pm (UTC)'), null);
  t.equal(reset('May 14, 5pm (UTC)', noon, 'session'), '2026-05-14T17:00:00.000Z', 'five hours and a day');
  t.equal(reset('May 14, 5:01pm (UTC)', noon, 'session'), null);
  t.same(read("You've hit your weekly limit · resets May 21, 12:01pm (UTC)").skipped, { 'reset-out-of-range': 1 });
});

test('a date with a year is that date, also when it is past', async (t) => {
  t.equal(reset('May 12, 2026, 9am (UTC)'), '2026-05-12T09:00:00.000Z');
  t.equal(reset('Jan 2, 2031, 9am (UTC)'), '2031-01-02T09:00:00.000Z');
});

test('a clock that is put forward shows a later time, and one that is put back the same time twice', async (t) => {
  const newYork = (words: string, at: string) => reset(`${words} (America/New_York)`, at);
  t.equal(newYork('2:30am', '2026-03-08T06:00:00Z'), '2026-03-08T07:30:00.000Z', 'there is no 2:30 that night');
  t.equal(newYork('1:30am', '2026-11-01T05:00:00Z'), '2026-11-01T05:30:00.000Z', 'before both');
  t.equal(newYork('1:30am', '2026-11-01T06:00:00Z'), '2026-11-01T06:30:00.000Z', 'after the first of them');
  t.equal(newYork('Nov 1, 1:30am', '2026-11-01T06:00:00Z'), '2026-11-01T06:30:00.000Z', 'on a day');
  t.equal(newYork('Nov 1, 2026, 1:30am', '2026-11-01T05:00:00Z'), '2026-11-01T05:30:00.000Z', 'of a year');
  t.equal(newYork('Nov 1, 2026, 1:30am', '2026-11-01T06:00:00Z'), '2026-11-01T06:30:00.000Z', 'of a year');
  t.equal(newYork('Nov 1, 1:30am', '2026-11-01T07:00:00Z'), '2026-11-01T06:30:00.000Z', 'after both: the last one');
});

test('a reset that cannot be told is none, and said; the rest of the reading stays', async (t) => {
  for (const [words, reason] of [
    ['3pm (Mars/Olympus)', 'reset-zone-unknown'],
    ['Smarch 13 at 5pm (UTC)', 'reset-unreadable'],
    ['Feb 30, 2026, 5pm (UTC)', 'reset-unreadable'],
    ['13pm (UTC)', 'reset-unreadable'],
    ['0am (UTC)', 'reset-unreadable'],
    ['24:00 (UTC)', 'reset-unreadable'],
    ['3:61pm (UTC)', 'reset-unreadable'],
    ['3 (UTC)', 'reset-unreadable'],
    ['Fri (UTC)', 'reset-unreadable'],
    ['Foo 9am (UTC)', 'reset-unreadable'],
    ['Jan 2, 1999, 9am (UTC)', 'reset-unreadable'],
    ['soon', 'reset-unreadable'],
    [`3pm${' '.repeat(100)}(UTC)`, 'reset-unreadable'],
    [`3pm (${'x'.repeat(100)})`, 'reset-unreadable'],
  ] as const) {
    const { observations, skipped } = read(`You've hit your weekly limit · resets ${words}`);
    t.match(windowsOf({ observations }), { week_all: { percentBp: 10_000, exhausted: true, resetsAt: null } }, words);
    t.same(skipped, { [reason]: 1 }, words);
  }
});

test('what is no time is not kept', async (t) => {
  const said = JSON.stringify(read("You've hit your weekly limit · resets when my secret is out"));
  t.notMatch(said, /secret/);
});

test('a reset further ahead than the window is long is suspect', async (t) => {
  const at = '2026-05-13T23:00:00Z';
  t.match(windows("You've hit your session limit · resets 10:30pm (UTC)", at), {
    session_5hour: { resetsAt: '2026-05-14T22:30:00.000Z', suspect: true },
  });
  const session = windows("You've hit your session limit · resets 4am (UTC)", at);
  t.notOk((session.session_5hour as { suspect?: boolean }).suspect, 'five hours ahead');
  const clocksDiffer = windows("You've hit your session limit · resets 4:05am (UTC)", at);
  t.notOk((clocksDiffer.session_5hour as { suspect?: boolean }).suspect, 'by as much as clocks differ');
  t.match(windows("You've hit your session limit · resets 4:06am (UTC)", at), { session_5hour: { suspect: true } });
});

test('of several lines each counts', async (t) => {
  const text = "You've hit your session limit · resets 4pm (UTC)\nhello\nYou've used 81% of your weekly limit\n";
  t.match(windows(text), { session_5hour: { percentBp: 10_000 }, week_all: { percentBp: 8_100, resetsAt: null } });
  t.same(read("You've hit your weekly limit\n".repeat(300)).skipped, { 'too-many-windows': 44 }, 'but not without end');
});
