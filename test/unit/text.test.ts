// Goal: a duration, an amount, a percentage, a count or an instant reads the same on the page, in the terminal and in a chart.
import fc from 'fast-check';
import t from 'tap';
import { durationText, secondsText } from '../../src/text/duration.js';
import { microUsdText, usdEstimateText, usdText } from '../../src/text/money.js';
import { countText, decimalText } from '../../src/text/number.js';
import { estimateText, fractionText, percentText } from '../../src/text/percent.js';
import { clockText, instantText, minuteText, relativeText } from '../../src/text/time.js';

type Rows = readonly (readonly [value: number, text: string])[];

function reads(name: string, write: (value: number) => string, rows: Rows): void {
  t.test(name, async (t) => {
    for (const [value, text] of rows) t.equal(write(value), text, String(value));
  });
}

const { NaN: unknown, POSITIVE_INFINITY: infinite } = Number;

reads('durations have the two largest units that matter', durationText, [
  [0, '0 s'],
  [-0, '0 s'],
  [-5, '0 s'],
  [0.4, '0 s'],
  [45.4, '45 s'],
  [59.6, '60 s'],
  [90, '90 s'],
  [119.4, '119 s'],
  [119.6, '2 min'],
  [149, '2 min'],
  [150, '3 min'],
  [5_400, '90 min'],
  [7_169, '119 min'],
  [7_199.9, '2 h'],
  [7_260, '2 h 1 min'],
  [12_000, '3 h 20 min'],
  [86_399.4, '24 h'],
  [172_740, '47 h 59 min'],
  [172_799.4, '2 d'],
  [368_640, '4 d 6 h'],
  [604_800, '7 d'],
  [1e9, '11574 d 1 h'],
  [infinite, 'for ever'],
  [unknown, '–'],
]);

reads('seconds that a program was told are said as a duration, too', secondsText, [
  [0, '0 s'],
  [119, '119 s'],
  [120, '120 s (2 min)'],
  [900, '900 s (15 min)'],
  [5_400, '5400 s (90 min)'],
  [infinite, 'for ever'],
  [unknown, '–'],
]);

reads('money has three digits that matter, and cents', usdText, [
  [0, '$0.00'],
  [-0, '$0.00'],
  [5, '$5.00'],
  [12.3, '$12.30'],
  [1.005, '$1.01'],
  [999.994, '$999.99'],
  [999.995, '$1,000'],
  [1_234.56, '$1,235'],
  [1e9, '$1,000,000,000'],
  [0.5, '$0.50'],
  [0.125, '$0.125'],
  [0.9994, '$0.999'],
  [0.9996, '$1.00'],
  [0.0999, '$0.0999'],
  [0.05, '$0.05'],
  [0.000_123_4, '$0.000123'],
  [0.000_003, '$0.000003'],
  [0.000_000_6, '$0.000001'],
  [0.000_000_4, '$0.00'],
  [-0.000_000_4, '$0.00'],
  [-0.000_003, '−$0.000003'],
  [-1_234.56, '−$1,235'],
  [unknown, '–'],
  [infinite, '–'],
]);

reads('micro-dollars are dollars', microUsdText, [
  [875_000, '$0.875'],
  [1, '$0.000001'],
  [-2_500_000, '−$2.50'],
]);

reads('percentages have a decimal where it matters', percentText, [
  [0, '0 %'],
  [-0, '0 %'],
  [37.25, '37.3 %'],
  [23, '23 %'],
  [99.94, '99.9 %'],
  [99.96, '100 %'],
  [0.994, '0.99 %'],
  [0.996, '1 %'],
  [0.25, '0.25 %'],
  [0.004, '0 %'],
  [-0.004, '0 %'],
  [-12.5, '−12.5 %'],
  [999, '999 %'],
  [1_500, '> 999 %'],
  [infinite, '> 999 %'],
  [unknown, '–'],
]);

reads('fractions are percentages', fractionText, [
  [1 / 3, '33.3 %'],
  [1, '100 %'],
  [0.0025, '0.25 %'],
]);

reads('counts have commas between thousands', countText, [
  [0, '0'],
  [-0, '0'],
  [-0.4, '0'],
  [999.5, '1,000'],
  [1e9, '1,000,000,000'],
  [-1_234, '−1,234'],
  [unknown, '–'],
  [-infinite, '–'],
]);

reads('instants are in UTC', instantText, [
  [Date.parse('2026-01-05T09:30:00.999Z'), '2026-01-05 09:30:00Z'],
  [0, '1970-01-01 00:00:00Z'],
  [Date.parse('-000001-01-01T00:00:00Z'), '-000001-01-01 00:00:00Z'],
  [8.64e15, '+275760-09-13 00:00:00Z'],
  [8.65e15, 'never'],
  [infinite, 'never'],
  [-infinite, '–'],
  [unknown, '–'],
]);

reads('instants to the minute have no year', minuteText, [
  [Date.parse('2026-01-05T09:30:59.999Z'), '01-05 09:30'],
  [8.64e15, '09-13 00:00'],
  [infinite, 'never'],
  [unknown, '–'],
]);

const now = Date.parse('2026-01-05T09:30:00Z');

reads('a time is so far from another', (seconds) => relativeText(now + 1_000 * seconds, now), [
  [0, 'now'],
  [0.4, 'now'],
  [-0.5, 'now'],
  [0.5, 'in 1 s'],
  [-1, '1 s ago'],
  [300, 'in 5 min'],
  [-5_400, '90 min ago'],
  [7_800, 'in 2 h 10 min'],
  [3e9, 'in 34722 d 5 h'],
  [4e9, 'in over a century'],
  [-4e9, 'over a century ago'],
  [infinite, 'in over a century'],
  [unknown, '–'],
]);

t.test('the clock is that of a zone', async (t) => {
  const summer = Date.parse('2026-07-05T22:30:00Z');
  t.equal(clockText(now, 'UTC'), 'Mon 5 Jan, 09:30');
  t.equal(clockText(summer, 'Europe/Berlin'), 'Mon 6 Jul, 00:30');
  t.equal(clockText(infinite, 'UTC'), 'never');
  t.equal(clockText(unknown, 'UTC'), '–');
});

t.test('an instant may be ISO text', async (t) => {
  t.equal(instantText('2026-01-05T10:30:00.250+01:00'), '2026-01-05 09:30:00Z');
  t.equal(instantText('soon'), '–');
});

t.test('an estimate has its standard deviation', async (t) => {
  t.equal(estimateText(37.26, 0.281), '37.3 ± 0.3 %');
  t.equal(estimateText(12, 1), '12.0 ± 1.0 %');
  t.equal(usdEstimateText(120, 0.08), '$120.00 ± 8 %');
  t.equal(usdEstimateText(120, 25), '$120.00 ± > 999 %');
  t.equal(usdEstimateText(120, 0), '$120.00');
  t.equal(usdEstimateText(120, null), '$120.00');
});

t.test('digits after the point are as many as asked for', async (t) => {
  t.equal(decimalText(1_234.5, 2, 2), '1,234.50');
  t.equal(decimalText(-0.004, 0, 2), '0');
});

t.test('digits are those of the language, without its formats', async (t) => {
  const made = new Map<string, Intl.NumberFormat>();
  const byLanguage = (value: number, least: number, most: number) => {
    const key = `${least} ${most}`;
    const options = { minimumFractionDigits: least, maximumFractionDigits: most };
    const format = made.get(key) ?? new Intl.NumberFormat('en-US', options);
    made.set(key, format);
    return format.format(value);
  };
  const values = fc.oneof(
    fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: 0, max: 2_000, noNaN: true }),
    fc.integer({ min: 0, max: 100_000_000 }).map((n) => n / 1_000),
    fc.integer({ min: 0, max: 100_000 }).map((n) => n + 0.995),
    fc.constantFrom(0, 0.5, 1.005, 0.045, 8.345, 999.995, 9.5, 99.95, 1e-7, 1e21, 2 ** 53, Number.MAX_VALUE),
  );
  const digits = fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }));
  fc.assert(
    fc.property(values, digits, (value, [a, b]) => {
      const [least, most] = [Math.min(a, b), Math.max(a, b)];
      t.equal(decimalText(value, least, most), byLanguage(value, least, most));
    }),
    { numRuns: 2_000 },
  );
});
