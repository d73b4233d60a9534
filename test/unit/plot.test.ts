// Goal: a chart is a file that any viewer reads, that shows what was measured, and that no name can turn into something else.
import fc from 'fast-check';
import t from 'tap';
import { bars } from '../../src/plot/bars.js';
import { figure } from '../../src/plot/figure.js';
import { placeFlags } from '../../src/plot/flags.js';
import type { Panel, Sample } from '../../src/plot/panel.js';
import { spread } from '../../src/plot/spread.js';
import { escapeXml } from '../../src/plot/svg.js';
import { shortened, textWidth, wrapped } from '../../src/plot/text.js';
import { dark, light } from '../../src/plot/theme.js';
import { thinned } from '../../src/plot/thin.js';
import { linearTicks, logTicks, stepFor } from '../../src/plot/ticks.js';
import { timeTicks } from '../../src/plot/time-ticks.js';
import { tickText, type Unit, valueText } from '../../src/plot/units.js';

const hourMs = 3_600_000;
const start = Date.UTC(2026, 10, 2);
const hours = (...values: (number | null)[]): readonly Sample[] =>
  values.map((value, i) => [start + i * hourMs, value] as const);
const chart = (...panels: Panel[]): string => figure({ title: 'chart', panels });
const lineOf = (text: string): string => text.match(/<path class="line c[^"]*" d="([^"]*)"/)?.[1] ?? '';
const plain = (text: string): string => text.replaceAll('\u00a0', ' ').replaceAll('\u2212', '-');

const attribute = / ([a-z:-]+)="(?:[^"<&]|&(?:amp|lt|gt|quot|#39);)*"/gi;
const tag = new RegExp(`<(/?)([a-z]+)((?:${attribute.source})*)(/?)>`, 'gi');

/** Throws unless the text is one well-formed element that needs nothing from elsewhere. */
function checkXml(text: string): void {
  const open: string[] = [];
  for (const [, closes, name = '', attributes = '', , empty] of text.matchAll(tag)) {
    const names = [...attributes.matchAll(attribute)].map(([, each]) => each);
    if (new Set(names).size < names.length) throw new Error(`repeats an attribute:${attributes}`);
    if (closes && open.pop() !== name) throw new Error(`</${name}> closes something else`);
    if (!closes && !empty) open.push(name);
    if (/NaN|Infinity|undefined|\[object/.test(attributes)) throw new Error(`not a number:${attributes}`);
    if (/^(script|foreignObject|image|use)$/i.test(name) || / (on\w+|(xlink:)?href)=|url\(/i.test(attributes))
      throw new Error(`reaches outside: <${name}${attributes}>`);
  }
  if (open.length > 0) throw new Error(`open at the end: ${open}`);
  const rest = text.replace(tag, '');
  if (/<|&(?!(amp|lt|gt|quot|#39);)/.test(rest)) throw new Error(`not escaped: ${rest.match(/.{0,20}[<&].{0,20}/)}`);
  if (/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text))
    throw new Error('a sign that XML forbids');
}

t.test('the checker of this test refuses what is not well formed', async (t) => {
  for (const text of [
    '<a>',
    '<a></b>',
    '<a>&</a>',
    '<a>1 < 2</a>',
    '<a b="<"/>',
    '<a b="1" b="1"/>',
    '<a x="NaN"/>',
    '<script/>',
  ])
    t.throws(() => checkXml(text), text);
  t.doesNotThrow(() => checkXml('<a b="&quot;"><b/>&lt;</a>'));
});

t.test('a figure is one well-formed document with a title and a description', async (t) => {
  const text = chart({
    title: 'Quota',
    y: { label: 'used', unit: 'percent' },
    series: [{ name: 'true', line: hours(1, 2) }],
  });
  checkXml(text);
  t.match(text, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" class="plot" role="img"/);
  t.match(text, '<title>chart</title>');
  t.match(text, '<desc>From 2026-11-02 00:00:00Z to 2026-11-02 01:00:00Z. Quota (used): true.</desc>');
  t.match(text, '@media (prefers-color-scheme:dark)');
});

t.test('names stay text wherever they are written', async (t) => {
  const name = '<script>alert("1")</script>&\'';
  const text = figure({
    title: name,
    subtitle: name,
    description: name,
    panels: [
      {
        title: name,
        y: { label: name },
        series: [{ name, line: hours(1, 2) }],
        marks: [{ at: start, label: name }],
        spans: [{ from: start, to: start + hourMs, label: name, series: name }],
        references: [{ value: 1, label: name }],
      },
    ],
  });
  checkXml(text);
  t.match(text, '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;');
  checkXml(
    bars({ title: name, subtitle: name, label: name, series: [{ name }, { name }], groups: [{ name, values: [1] }] }),
  );
  t.equal(escapeXml('a\u0000b\ud800c\uffffd😀'), 'a\ufffdb\ufffdc\ufffdd😀');
});

t.test('any values and names give a well-formed document', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  const value = fc.option(fc.oneof(fc.double(), fc.integer({ min: -10, max: 120 })));
  const at = fc.oneof(fc.integer({ min: start, max: start + 1e10 }), fc.integer({ min: -8.64e15, max: 8.64e15 }));
  const panel = fc.record(
    {
      title: text,
      y: fc.record(
        {
          label: text,
          unit: fc.constantFrom<Unit>('percent', 'usd', 'seconds', 'number'),
          scale: fc.constantFrom('linear', 'log'),
          from: fc.integer(),
          to: fc.integer(),
        },
        { requiredKeys: [] },
      ),
      series: fc.array(
        fc.record(
          {
            name: text,
            step: fc.boolean(),
            line: fc.array(fc.tuple(at, value)),
            band: fc.array(fc.record({ at, low: value, high: value })),
            readings: fc.array(fc.record({ at, value, low: value, high: value })),
          },
          { requiredKeys: ['name'] },
        ),
      ),
      marks: fc.array(fc.record({ at, label: text })),
      spans: fc.array(fc.record({ from: at, to: fc.oneof(at, fc.constant(Number.POSITIVE_INFINITY)), label: text })),
      references: fc.array(fc.record({ value: fc.double(), label: text })),
    },
    { requiredKeys: ['series'] },
  );
  const spec = fc.record({ title: text, panels: fc.array(panel as fc.Arbitrary<Panel>, { maxLength: 3 }) });
  fc.assert(
    fc.property(spec, (each) => checkXml(figure(each))),
    { numRuns: 300, seed: 1 },
  );
  const group = fc.record({ name: text, values: fc.array(value) });
  const barSpec = fc.record({ title: text, series: fc.array(fc.record({ name: text })), groups: fc.array(group) });
  fc.assert(
    fc.property(barSpec, (each) => checkXml(bars(each))),
    { numRuns: 200, seed: 1 },
  );
});

t.test('the same data give the same bytes', async (t) => {
  const draw = () =>
    chart({
      series: [{ name: 'a', line: hours(1, 2, 3), readings: [{ at: start, value: 2 }] }],
      marks: [{ at: start, label: 'x' }],
    });
  t.equal(draw(), draw());
});

t.test('coordinates have at most two decimals', async (t) => {
  const text = chart({ series: [{ name: 'a', line: hours(1 / 3, 2 / 3, Math.PI) }] });
  t.notMatch(text.replace(/<style>[\s\S]*<\/style>/, ''), /\d\.\d{3}/);
});

t.test('thinning keeps the first, the lowest, the highest and the last point of each pixel', async (t) => {
  const points = Array.from({ length: 100_000 }, (_, i) => ({ x: i / 1_000, y: Math.sin(i) }));
  points[50_123] = { x: 50.123, y: 99 };
  points[50_456] = { x: 50.456, y: -99 };
  const kept = thinned(points);
  t.ok(kept.length <= 400, `${kept.length} points`);
  t.ok(kept.includes(points[50_123]!) && kept.includes(points[50_456]!), 'the extremes');
  t.ok(kept.includes(points[50_000]!) && kept.includes(points[50_999]!), 'both ends of their pixel');
  t.same(
    kept,
    kept.toSorted((a, b) => a.x - b.x),
    'in order',
  );
  const few = points.filter((_, i) => i % 500 === 0);
  t.same(thinned(few), few, 'what fits is left alone');
});

t.test('a long series keeps its one peak in a small file', async (t) => {
  const line = Array.from(
    { length: 200_000 },
    (_, i): Sample => [start + i * 1_000, i === 77_777 ? 100 : 1 + (i % 7) / 10],
  );
  const band = line.map(([at, value]) => ({ at, low: value === 100 ? -50 : 0, high: 2 }));
  const text = chart({ y: { from: 0, to: 100 }, height: 200, series: [{ name: 'a', line, band }] });
  t.ok(text.length < 100_000, `${text.length} characters`);
  t.match(lineOf(text), /,0 /, 'the peak reaches the top');
  t.match(text.match(/class="band[^>]*/)?.[0] ?? '', ',300 ', 'the dip of the band leaves at the bottom');
});

t.test('missing values split a line, and values that are not finite are missing', async (t) => {
  for (const gap of [null, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
    const line = lineOf(chart({ series: [{ name: 'a', line: hours(1, 2, gap, 2, 1) }] }));
    t.equal(line.match(/M/g)?.length, 2, String(gap));
  }
  const log = lineOf(chart({ y: { scale: 'log' }, series: [{ name: 'a', line: hours(1, 2, 0, -1, 2, 1) }] }));
  t.equal(log.match(/M/g)?.length, 2, 'nothing is below zero on a logarithmic axis');
});

t.test('a step holds its value until the next sample, or until it is no longer known', async (t) => {
  const line = lineOf(
    chart({ y: { from: 0, to: 2 }, height: 100, series: [{ name: 'a', step: true, line: hours(1, 2, null, 1, 1) }] }),
  );
  t.match(line, /^M0,50H[\d.]+V0H[\d.]+M[\d.]+,50H[\d.]+$/);
});

t.test('a value between two gaps is a dot', async (t) => {
  t.match(
    chart({ series: [{ name: 'a', line: hours(1, 2, null, 2, null, 1, 2) }] }),
    /class="lone c0" d="M[\d.]+,[\d.]+h0"/,
  );
  const one = chart({ series: [{ name: 'one', line: hours(42) }] });
  checkXml(one);
  t.match(one, 'class="lone c0"');
});

t.test('what is empty says so', async (t) => {
  for (const panel of [
    { series: [] },
    { series: [{ name: 'a', line: [] }] },
    { series: [{ name: 'a', line: hours(null) }] },
  ])
    t.match(chart(panel), '>no data<');
  checkXml(chart());
  t.match(bars({ title: 'bars', series: [], groups: [] }), '>no data<');
  t.match(bars({ title: 'bars', series: [{ name: 'a' }], groups: [{ name: 'g', values: [null] }] }), '>–<');
});

t.test('only what lies in the times asked for decides the axis, and lines run on to the edge', async (t) => {
  const text = figure({
    title: 'part',
    from: start + 2 * hourMs,
    to: start + 3 * hourMs,
    panels: [{ height: 100, series: [{ name: 'a', line: hours(1_000, 1, 2, 2, 3, 1_000) }] }],
  });
  t.notMatch(text, '1,000');
  t.match(lineOf(text), /^M-[\d.]+,/);
});

t.test('a series keeps its colour from panel to panel, and what concerns it takes that colour', async (t) => {
  const series = (name: string) => ({ name, line: hours(1, 2) });
  const text = chart(
    { series: [series('a'), series('b')] },
    { series: [series('b')], spans: [{ from: start, to: start + hourMs, label: 'pause of b', series: 'b' }] },
  );
  t.equal(text.match(/class="line c0"/g)?.length, 1);
  t.equal(text.match(/class="line c1"/g)?.length, 2);
  t.match(text, /<g class="c1"><path class="span"/);
});

t.test('a reference is on the axis even when no value reaches it', async (t) => {
  const panel = { y: { unit: 'percent' as const }, series: [{ name: 'a', line: hours(1, 2) }] };
  t.notMatch(plain(chart(panel)), '>100 %<');
  t.match(plain(chart({ ...panel, references: [{ value: 100 }] })), '>100 %<');
});

t.test('times have round ticks that leave room for their labels', async (t) => {
  const day = 24 * hourMs;
  const spacing = (lengthMs: number, width = 700) => {
    const { major } = timeTicks(start, start + lengthMs, width);
    return (major[1]!.at - major[0]!.at) / hourMs;
  };
  t.equal(spacing(5 * hourMs), 0.5);
  t.equal(spacing(day), 2);
  t.equal(spacing(7 * day), 24);
  t.equal(spacing(14 * day), 24);
  t.equal(spacing(14 * day, 350), 48);
  t.equal(spacing(90 * day), 168);
  const week = timeTicks(start, start + 7 * day, 700);
  t.match(week.major[0], { upper: 'Mon', lower: '2 Nov' });
  t.equal(week.year, '2026');
  const fiveHours = timeTicks(start + 21.2 * hourMs, start + 26.2 * hourMs, 700);
  t.match(fiveHours.major[0], { upper: '21:30', lower: 'Mon 2 Nov 2026' });
  t.same(
    fiveHours.major.filter(({ lower }) => lower !== null).map(({ upper }) => upper),
    ['21:30', '00:00'],
  );
  const twoYears = timeTicks(start, start + 730 * day, 700).major;
  t.same(
    twoYears.slice(0, 2).map(({ upper, lower }) => [upper, lower]),
    [
      ['Jan', '2027'],
      ['Apr', null],
    ],
  );
  t.ok(timeTicks(-8.64e15, 8.64e15, 700).major.length < 20, 'all of time');
});

t.test('values have round ticks', async (t) => {
  t.same(linearTicks(0, 100, stepFor(100, 6, 'percent')), [0, 20, 40, 60, 80, 100]);
  t.same(linearTicks(0, 0.3, stepFor(0.3, 4, 'number')), [0, 0.1, 0.2, 0.3]);
  t.equal(stepFor(4 * 3_600, 6, 'seconds'), 3_600, 'hours, not thousands of seconds');
  t.same(
    logTicks(45, 5_000, 5, 'seconds').map((s) => plain(tickText(s, 'seconds'))),
    ['1 min', '5 min', '10 min', '30 min', '1 h'],
  );
  t.same(logTicks(0.9, 1_100, 4, 'number'), [1, 10, 100, 1_000]);
  t.same(logTicks(41, 48, 4, 'number'), [42, 44, 46, 48], 'within a decade they are those of a linear axis');
});

t.test('ticks read as what they measure, and every two of them differ', async (t) => {
  const cases: [value: number, unit: Unit, text: string, step?: number][] = [
    [37.25, 'percent', '37.3 %'],
    [100, 'percent', '100 %', 20],
    [-0.5, 'percent', '-0.50 %', 0.05],
    [1.5, 'usd', '$1.50'],
    [0.0123, 'usd', '$0.0123'],
    [0.02, 'usd', '$0.020', 0.005],
    [1_234, 'usd', '$1,234'],
    [15_000, 'usd', '$15k', 5_000],
    [-15_000, 'usd', '-$15k', 5_000],
    [5_000, 'number', '5k', 5_000],
    [0, 'number', '0', 0.5],
    [1, 'number', '1.0', 0.5],
    [45, 'seconds', '45 s'],
    [0.5, 'seconds', '0.5 s', 0.1],
    [90, 'seconds', '1 min 30 s', 30],
    [150, 'seconds', '2 min 30 s', 30],
    [5_400, 'seconds', '1 h 30 min'],
    [7_201, 'seconds', '2 h 1 s', 1],
    [3_599.9, 'seconds', '1 h'],
    [-86_400, 'seconds', '-1 d'],
  ];
  for (const [value, unit, text, step] of cases) t.equal(plain(tickText(value, unit, step)), text);
});

t.test('a value beside its bar reads as it does everywhere else', async (t) => {
  const cases: [value: number, unit: Unit, text: string][] = [
    [37.25, 'percent', '37.3 %'],
    [12.3, 'usd', '$12.30'],
    [5_400, 'seconds', '90 min'],
    [-5_400, 'seconds', '-90 min'],
    [15_000, 'number', '15k'],
  ];
  for (const [value, unit, text] of cases) t.equal(plain(valueText(value, unit)), text);
});

t.test('labels beside a panel keep their distance and stay beside it', async (t) => {
  t.same(spread([10, 50], 16, 0, 100), [10, 50], 'what is far apart stays');
  t.same(spread([50, 50, 50], 16, 0, 100), [34, 50, 66]);
  t.same(spread([99, 100, 0], 16, 0, 100), [84, 100, 0]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 13 }), (wanted) => {
      const found = spread(wanted, 16, 0, 200);
      const sorted = found.toSorted((a, b) => a - b);
      const apart = sorted.every((at, i) => i === 0 || at - sorted[i - 1]! >= 16 - 1e-6);
      return apart && found.every((at) => at >= -1e-6 && at <= 200 + 1e-6);
    }),
    { seed: 1 },
  );
});

t.test('names with no room beside the lines become a legend', async (t) => {
  const series = Array.from({ length: 14 }, (_, i) => ({ name: `agent ${i}`, line: hours(i, 1) }));
  const legend = chart({ height: 100, series });
  t.notMatch(legend, 'class="leader"');
  for (const { name } of series) t.match(legend, `>${name}<`);
  t.match(chart({ height: 300, series }), 'class="leader"');
});

t.test('labels above a panel cover neither each other nor a stem', async (t) => {
  const flag = (x: number, label: string) => ({ x, label, colour: 'muted' as const });
  const placed = placeFlags([flag(10, 'a long label'), flag(20, 'another label'), flag(300, 'far away')], 700);
  t.same(
    placed.map(({ row }) => row),
    [1, 0, 0],
    'the label to the left goes over the stem to the right',
  );
  const edge = placeFlags([flag(695, 'at the edge')], 700);
  t.ok(edge[0]!.textX + textWidth('at the edge', 11) <= 695, 'at the edge it turns to the left');
  const many = placeFlags(
    Array.from({ length: 40 }, (_, i) => flag(i * 10, 'reset')),
    700,
  );
  t.same(
    many.map(({ label }) => label),
    ['reset (40×)'],
  );
});

t.test('text is shortened and wrapped to its room', async (t) => {
  t.equal(shortened('short', 12, 100), 'short');
  const name = shortened('a-very-long-name-of-an-agent', 12, 100);
  t.match(name, /^a-very-.*…$/);
  t.ok(textWidth(name, 12) <= 100);
  const lines = wrapped('some words that do not fit into one line', 12, 120);
  t.ok(lines.length > 1 && lines.every((line) => textWidth(line, 12) <= 120));
  t.equal(lines.join(' '), 'some words that do not fit into one line');
});

t.test('bars begin at zero and carry their values', async (t) => {
  const text = bars({
    title: 'bars',
    unit: 'usd',
    series: [{ name: 'used' }, { name: 'entitled', pale: true }],
    groups: [
      { name: 'iris', values: [10, 20] },
      { name: 'otto', values: [-10, Number.NaN] },
    ],
  });
  checkXml(text);
  const rects = [...text.matchAll(/<rect class="bar[^>]* x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)].map(
    ([, x, width]) => [Number(x), Number(width)],
  );
  const [used, entitled, negative, unknown] = rects as [number, number][];
  t.equal(used![0], entitled![0], 'both from zero');
  t.ok(Math.abs(entitled![1] - 2 * used![1]) < 0.05, 'twice as much is twice as long');
  t.ok(Math.abs(negative![0] + negative![1] - used![0]) < 0.05, 'less than nothing ends at zero');
  t.equal(unknown![1], 0);
  for (const label of ['$10.00', '$20.00', '-$10.00', '–']) t.match(plain(text), `>${label}</text>`);
  t.match(plain(text), '<desc>iris: used $10.00, entitled $20.00. otto: used -$10.00, entitled –.</desc>');
});

t.test('every colour can be read on its ground', async (t) => {
  for (const { surface, palette, text, muted, good, warn, bad } of [light, dark]) {
    for (const colour of [...palette, text, muted, good, warn, bad])
      t.ok(contrast(colour, surface) >= 4.5, `${colour} on ${surface}: ${contrast(colour, surface).toFixed(2)}`);
  }
});

/** As WCAG 2.2 defines it. */
function contrast(a: string, b: string): number {
  const [dim, bright] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (bright + 0.05) / (dim + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const part = Number.parseInt(colour.slice(i, i + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
