// Goal: events of a stream are the same however it is cut into pieces, and what is too long costs no memory.
import t from 'tap';
import { limits } from '../../src/limits.js';
import { JsonSplitter } from '../../src/sources/json-values.js';
import { type ServerSentEvent, SseSplitter } from '../../src/sources/sse.js';

/** Of the bytes in pieces of so many. */
function eventsOf(input: string | Uint8Array, size = Number.POSITIVE_INFINITY): ServerSentEvent[] {
  const bytes = Buffer.from(input as string);
  const splitter = new SseSplitter();
  const found: ServerSentEvent[] = [];
  for (let at = 0; at < bytes.length; at += size) found.push(...splitter.push(bytes.subarray(at, at + size)));
  return [...found, ...splitter.end()];
}

t.test('lines end with CR, LF or both, wherever the pieces end', async (t) => {
  const events = [
    { event: 'start', data: '{"a":"ü€😀"}' },
    { event: '', data: 'one\ntwo' },
  ];
  for (const end of ['\n', '\r', '\r\n']) {
    const text = [
      'event: start',
      'data: {"a":"ü€😀"}',
      '',
      ': a comment',
      'data:one',
      'id: 7',
      'data: two',
      '',
      '',
    ].join(end);
    for (const size of [1, 2, 3, 7, 1_000]) t.same(eventsOf(text, size), events, `${JSON.stringify(end)} by ${size}`);
  }
  t.same(
    eventsOf('data: a\r\n\ndata: b\n\r\n'),
    [
      { event: '', data: 'a' },
      { event: '', data: 'b' },
    ],
    'mixed',
  );
});

t.test('an empty piece between CR and LF changes nothing', async (t) => {
  const splitter = new SseSplitter();
  const pieces = ['data: a\r', '', '\ndata: b\n\n'];
  t.same(
    pieces.flatMap((piece) => splitter.push(Buffer.from(piece))),
    [{ event: '', data: 'a\nb' }],
  );
});

t.test('an event is read as the standard says', async (t) => {
  t.same(eventsOf('\uFEFFdata: a\n\n', 1), [{ event: '', data: 'a' }], 'a byte order mark is none of it');
  t.same(eventsOf('data:  a\n\n'), [{ event: '', data: ' a' }], 'one space goes');
  t.same(eventsOf('data\ndata\n\n'), [{ event: '', data: '\n' }], 'a field without a value');
  t.same(
    eventsOf('event: ping\n\nretry: 3\n\n:\n\ndata: a\n\n'),
    [{ event: '', data: 'a' }],
    'without data there is no event',
  );
  t.same(eventsOf('datax: a\n: data: b\n\n'), [], 'other fields');
  t.same(eventsOf(Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x00, 0x0a, 0x0a])), [
    { event: '', data: '\uFFFD\0' },
  ]);
});

t.test('what no empty line ends is given when the stream ends', async (t) => {
  t.same(eventsOf('data: a\n\ndata: b\ndata: c', 1), [
    { event: '', data: 'a' },
    { event: '', data: 'b\nc' },
  ]);
  t.same(eventsOf(''), []);
});

t.test('an event that is too long is counted and left out, and the next one is read', async (t) => {
  const splitter = new SseSplitter(20);
  const found = [
    `data: ${'x'.repeat(14)}\n\n`,
    `data: ${'x'.repeat(8)}\nda`,
    'ta: xx\nevent: y\n\n',
    'data: b\n\n',
  ].flatMap((text) => splitter.push(Buffer.from(text)));
  t.same(
    [...found, ...splitter.end()].map(({ data }) => data.length),
    [14, 1],
  );
  t.equal(splitter.tooLong, 1);
  const alive = new SseSplitter(20);
  for (let i = 0; i < 10; i++) t.same(alive.push(Buffer.from(': still there\n')), []);
  t.same(alive.push(Buffer.from('data: a\n\n')), [{ event: '', data: 'a' }], 'comments are no part of an event');
});

t.test('a megabyte that comes byte by byte costs its length', async (t) => {
  const bytes = Buffer.from(`data: ${'x'.repeat(1_000_000)}\n\n`);
  t.equal(eventsOf(bytes, 1)[0]?.data.length, 1_000_000);
  t.equal(eventsOf('\r'.repeat(1_000_000)).length, 0);
});

t.test('objects of a JSON text are given as soon as they are whole', async (t) => {
  const text = '\uFEFF[{"a":"}]\\"{","b":[{"c":{}}]},\n{"ü":"\\\\"}] {"d":1}\u0000{"cut":{';
  for (const size of [1, 2, 5, 1_000]) {
    const splitter = new JsonSplitter();
    const found: string[] = [];
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) found.push(...splitter.push(bytes.subarray(at, at + size)));
    t.same(
      found.map((one) => JSON.parse(one)),
      [{ a: '}]"{', b: [{ c: {} }] }, { ü: '\\' }, { d: 1 }],
      `by ${size}`,
    );
    t.ok(splitter.isInside);
  }
  const small = new JsonSplitter(10);
  t.same(small.push(Buffer.from('{"a":12345}{"b":1}')), ['{"b":1}']);
  t.equal(small.tooLong, 1);
  t.notOk(small.isInside);
  t.equal(new JsonSplitter().push(Buffer.from(`{"a":"${'x'.repeat(limits.sourceLineBytesMax)}"}`)).length, 0);
});
