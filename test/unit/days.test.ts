// Days are cut in the pool's zone. The hard ones: a day of 23 or 25 hours, half-hour changes, and a midnight that is not.
import fc from 'fast-check';
import t from 'tap';
import { addDays, dateIn, isoText, startOfDate } from '../../src/events/days.js';
import type { EpochMs } from '../../src/events/scalars.js';

const ms = (text: string) => Date.parse(text) as EpochMs;

const starts: [zone: string, date: string, start: string, why: string][] = [
  ['UTC', '2026-01-05', '2026-01-05T00:00Z', 'no offset'],
  ['Europe/London', '2026-03-29', '2026-03-29T00:00Z', 'the clock goes forward at 01:00'],
  ['Europe/London', '2026-03-30', '2026-03-29T23:00Z', 'after a day of 23 hours'],
  ['Europe/London', '2026-10-25', '2026-10-24T23:00Z', 'the clock goes back at 02:00'],
  ['Europe/London', '2026-10-26', '2026-10-26T00:00Z', 'after a day of 25 hours'],
  ['America/New_York', '2026-03-08', '2026-03-08T05:00Z', 'the clock goes forward at 02:00'],
  ['America/New_York', '2026-03-09', '2026-03-09T04:00Z', 'after a day of 23 hours'],
  ['America/New_York', '2026-11-02', '2026-11-02T05:00Z', 'after a day of 25 hours'],
  ['Australia/Lord_Howe', '2026-01-10', '2026-01-09T13:00Z', 'summer'],
  ['Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00Z', 'the clock goes back by half an hour'],
  ['Australia/Lord_Howe', '2026-04-06', '2026-04-05T13:30Z', 'after a day of 24 and a half hours'],
  ['Asia/Kathmandu', '2026-05-01', '2026-04-30T18:15Z', '5 hours 45 minutes ahead'],
  ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00Z', 'midnight does not exist: the day starts at 01:00'],
  ['America/Sao_Paulo', '2018-11-05', '2018-11-05T02:00Z', 'the day after'],
  ['America/Sao_Paulo', '2019-02-17', '2019-02-17T03:00Z', 'the hour before midnight came twice'],
  ['Africa/Cairo', '2024-04-26', '2024-04-25T22:00Z', 'midnight does not exist: the day starts at 01:00'],
  ['Africa/Cairo', '2024-04-27', '2024-04-26T21:00Z', 'the day after'],
  ['Pacific/Kiritimati', '2026-01-05', '2026-01-04T10:00Z', '14 hours ahead'],
  ['Pacific/Pago_Pago', '2026-01-05', '2026-01-05T11:00Z', '11 hours behind'],
];

t.test('finds the first instant of a day', async (t) => {
  for (const [zone, date, start, why] of starts) {
    t.equal(isoText(startOfDate(zone, date)), isoText(ms(start)), `${zone} ${date}: ${why}`);
  }
});

t.test('the instant before the first one belongs to the day before', async (t) => {
  for (const [zone, date] of starts) {
    const start = startOfDate(zone, date);
    t.equal(dateIn(zone, start), date, `${zone} ${date}`);
    t.equal(dateIn(zone, (start - 1) as EpochMs), addDays(date, -1), `${zone} the day before ${date}`);
  }
});

t.test('a day that a zone left out starts where the next one does', async (t) => {
  t.equal(startOfDate('Pacific/Apia', '2011-12-30'), startOfDate('Pacific/Apia', '2011-12-31'));
});

t.test('cuts days as the calendar of the zone does, at any instant', async () => {
  const zones = [...new Set(starts.map(([zone]) => zone))];
  const calendars = new Map(zones.map((timeZone) => [timeZone, new Intl.DateTimeFormat('sv-SE', { timeZone })]));
  const instant = fc.integer({ min: ms('2000-01-01T00:00Z'), max: ms('2040-01-01T00:00Z') });
  fc.assert(
    fc.property(fc.constantFrom(...zones), instant, (zone, at) => {
      const expected = calendars.get(zone)?.format(at).slice(0, 10);
      if (dateIn(zone, at as EpochMs) !== expected) throw new Error(`${zone} ${isoText(at)}: not ${expected}`);
    }),
    { numRuns: 2_000, seed: 24 },
  );
});

t.test('adds days over months, leap days and years', async (t) => {
  t.equal(addDays('2026-02-28', 1), '2026-03-01');
  t.equal(addDays('2028-02-28', 1), '2028-02-29');
  t.equal(addDays('2026-01-01', -1), '2025-12-31');
  t.equal(addDays('2026-03-29', 7), '2026-04-05');
});

t.test('text of instants sorts as they do, whichever was asked before', async () => {
  const instant = fc.integer({ min: ms('2000-01-01T00:00Z'), max: ms('9999-12-31T23:59:59Z') });
  fc.assert(
    fc.property(instant, instant, (a, b) => isoText(a) < isoText(b) === a < b && Date.parse(isoText(a)) === a),
    { numRuns: 500, seed: 3 },
  );
});
