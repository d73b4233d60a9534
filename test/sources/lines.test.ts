/** Goal: a file that grows is read line by line, each once, and JSON of strangers never breaks a reader. */
import { test } from 'tap';
import { limits } from '../../src/limits.js';
import { instantOf, listOf, numberOf, objectOf, parseObject, shortTextOf, sinceEpoch } from '../../src/sources/json.js';
import { eachLine } from '../../src/sources/lines.js';
import { Skipped } from '../../src/sources/skipped.js';

function linesOf(text: string | Buffer, mayGrow: boolean) {
  const skipped = new Skipped();
  const lines: string[] = [];
  const starts: number[] = [];
  const consumed = eachLine(Buffer.from(text as string), mayGrow, skipped, (line, start) => {
    lines.push(line.toString());
    starts.push(start);
  });
  return { lines, starts, consumed, skipped: skipped.counts };
}

test('a line without an end waits while more may follow', async (t) => {
  t.match(linesOf('ab\n\ncd', true), { lines: ['ab'], starts: [0], consumed: 4 });
  t.match(linesOf('ab\n\ncd', false), { lines: ['ab', 'cd'], starts: [0, 4], consumed: 6 });
  t.match(linesOf('', true), { lines: [], consumed: 0 });
});

test('a line that is too long is skipped, and the next one is read', async (t) => {
  const long = Buffer.concat([Buffer.alloc(limits.sourceLineBytesMax + 1, 'x'), Buffer.from('\nab\n')]);
  t.match(linesOf(long, true), { lines: ['ab'], consumed: long.length, skipped: { 'line-too-long': 1 } });
  t.same(linesOf(long.subarray(1), true).skipped, {}, 'one that is just not');
});

test('JSON is an object or nothing', async (t) => {
  for (const text of ['', '{', '[]', '1', 'null', '{"a":1}{', '\u0000']) t.equal(parseObject(Buffer.from(text)), null);
  t.same(parseObject(Buffer.from('\uFEFF{"a":1}\r')), { a: 1 });
  t.same(parseObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), { '\uFFFD': 1 }, 'no UTF-8');
  t.ok(parseObject(Buffer.from(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`)), 'deep');
});

test('what is of another kind is as good as missing', async (t) => {
  for (const value of [null, undefined, 'ab', 7, ['a']]) t.same(objectOf(value), {});
  for (const value of [null, undefined, 'ab', 7, { length: 1 }]) t.same(listOf(value), []);
  t.same([objectOf({ a: 1 }), listOf(['a'])], [{ a: 1 }, ['a']]);
});

test('names are short and in one line', async (t) => {
  t.equal(shortTextOf('gpt-5.5'), 'gpt-5.5');
  t.equal(shortTextOf('x'.repeat(limits.textCharactersMax))?.length, limits.textCharactersMax);
  for (const value of ['', 'a\nb', 'a\u0000', '\ud800', 'x'.repeat(limits.textCharactersMax + 1), 7, null, ['a']])
    t.equal(shortTextOf(value), null, JSON.stringify(value));
});

test('numbers may be text', async (t) => {
  for (const [value, number] of [
    ['-1.5e3', -1500],
    ['0.03', 0.03],
    [7, 7],
  ])
    t.equal(numberOf(value), number);
  for (const value of ['', '0x10', '1e999', ' 1', Number.NaN, Infinity, true, null]) t.equal(numberOf(value), null);
});

test('instants have a zone, or are in UTC', async (t) => {
  const at = Date.UTC(2026, 1, 3, 4, 5, 6, 789);
  for (const text of ['2026-02-03T04:05:06.789Z', '2026-02-03T04:05:06.789', '2026-02-03T05:05:06.789+01:00'])
    t.equal(instantOf(text), at);
  for (const value of ['2026-02-30T25:00:00Z', '1999-12-31T23:59:59Z', '2026', 'now', at, null])
    t.equal(instantOf(value), null);
  t.equal(sinceEpoch('1770091506.789', 1_000), at);
  t.equal(sinceEpoch(1e300, 1), null);
});
