// Goal: each instant has the date that the calendar of the zone gives it, in all zones, also where clocks are changed in the
// minutes around midnight: America/St_Johns did at 00:01 until 2011, and uses were counted on the next day.
import t from 'tap';
import { dateIn, startOfDate } from '../../src/events/days.js';
import type { EpochMs } from '../../src/events/scalars.js';

const minute = 60_000;
const fortnight = 14 * 86_400_000;
const since = Date.parse('2000-01-01T00:00:00Z');
const until = Date.parse('2038-01-01T00:00:00Z');

const clockOf = (timeZone: string) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
const offset = (clock: Intl.DateTimeFormat, at: number) => Date.parse(`${clock.format(at).replace(' ', 'T')}Z`) - at;

/** When the clocks of a zone are changed, to the minute. */
function changes(clock: Intl.DateTimeFormat): number[] {
  const found: number[] = [];
  let before = offset(clock, since);
  for (let at = since + fortnight; at < until; at += fortnight) {
    const after = offset(clock, at);
    if (after === before) continue;
    let [low, high] = [at - fortnight, at];
    while (high - low > minute) {
      const middle = low + Math.floor((high - low) / 2 / minute) * minute;
      if (offset(clock, middle) === before) low = middle;
      else high = middle;
    }
    found.push(high);
    before = after;
  }
  return found;
}

t.test('in every zone, minute by minute around changes near midnight', async (t) => {
  const wrong: string[] = [];
  let looked = 0;
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    const clock = clockOf(zone);
    for (const change of changes(clock)) {
      const hour = Number(clock.format(change - minute).slice(11, 13));
      if (hour > 1 && hour < 22) continue;
      looked += 1;
      for (let at = change - 65 * minute; at < change + 125 * minute; at += 3 * minute + 7_001) {
        const date = clock.format(at).slice(0, 10);
        if (dateIn(zone, at as EpochMs) !== date) wrong.push(`${zone} ${new Date(at).toISOString()}: not ${date}`);
      }
    }
  }
  t.strictSame(wrong.slice(0, 5), []);
  t.ok(looked > 500, `${looked} changes`);
});

t.test('after the start of a date comes no earlier one', async (t) => {
  const start = startOfDate('America/St_Johns', '2006-10-29');
  t.equal(new Date(start).toISOString(), '2006-10-29T03:30:00.000Z');
  t.equal(dateIn('America/St_Johns', start), '2006-10-29');
  t.equal(dateIn('America/St_Johns', (start - 1) as EpochMs), '2006-10-28');
  t.equal(dateIn('America/St_Johns', (start - 59.5 * minute - 1) as EpochMs), '2006-10-29', 'the minute before');
});
