// Goal: of a binary stream each whole message is found, however it is cut, and nothing that is damaged.
import t from 'tap';
import { EventStreamDecoder, type StreamMessage } from '../../src/sources/event-stream.js';
import { headerField, rawStreamMessage, sized, streamMessage, withChecksum } from '../support/event-stream.js';

function decoded(bytes: Uint8Array, size = Number.POSITIVE_INFINITY) {
  const decoder = new EventStreamDecoder();
  const found: StreamMessage[] = [];
  for (let at = 0; at < bytes.length; at += size) found.push(...decoder.push(bytes.subarray(at, at + size)));
  const messages = found.map(({ headers, payload }) => [Object.fromEntries(headers), Buffer.from(payload).toString()]);
  return { messages, isLost: decoder.isLost, damaged: decoder.damaged, waiting: decoder.waiting };
}

const one = streamMessage({ ':event-type': 'chunk', ':message-type': 'event' }, '{"a":1}');
const two = streamMessage({}, '');

t.test('messages are found wherever the pieces end', async (t) => {
  const bytes = Buffer.concat([one, two, one]);
  const headers = { ':event-type': 'chunk', ':message-type': 'event' };
  for (const size of [1, 3, 12, 17, 1_000])
    t.same(
      decoded(bytes, size),
      {
        messages: [
          [headers, '{"a":1}'],
          [{}, ''],
          [headers, '{"a":1}'],
        ],
        isLost: false,
        damaged: 0,
        waiting: 0,
      },
      `by ${size}`,
    );
  t.match(
    decoded(bytes.subarray(0, -1)),
    { messages: { length: 2 }, waiting: one.length - 1 },
    'one that is cut waits',
  );
});

t.test('headers of every type are passed over, texts are kept', async (t) => {
  const widths = [0, 0, 1, 2, 4, 8];
  const fields = [
    ...widths.map((width, type) => headerField(`h${type}`, type, Buffer.alloc(width, 7))),
    headerField('bytes', 6, sized(Buffer.from('abc'))),
    headerField('time', 8, Buffer.alloc(8)),
    headerField('uuid', 9, Buffer.alloc(16)),
    headerField('text', 7, sized(Buffer.from('ü'))),
  ];
  t.same(decoded(rawStreamMessage(Buffer.concat(fields), Buffer.from('x'))).messages, [[{ text: 'ü' }, 'x']]);
});

t.test('a message with a wrong checksum is left out, and the next one is found', async (t) => {
  const damaged = Buffer.from(one);
  damaged[damaged.length - 6] = 0;
  t.match(decoded(Buffer.concat([damaged, two])), { messages: [[{}, '']], damaged: 1, isLost: false });
});

t.test('headers that reach beyond their end are damage', async (t) => {
  const ends = [
    Buffer.from([200, 0x61]),
    headerField('a', 7, Buffer.from([0])),
    headerField('a', 7, Buffer.from([0, 9, 0x61])),
    headerField('a', 9, Buffer.alloc(15)),
    headerField('a', 10, Buffer.alloc(0)),
    Buffer.from([1, 0x61]),
  ];
  for (const headers of ends)
    t.match(
      decoded(rawStreamMessage(headers, Buffer.from('xx'))),
      { messages: { length: 0 }, damaged: 1 },
      headers.toString('hex'),
    );
});

t.test('after a wrong prelude nothing more is found', async (t) => {
  const prelude = (length: number, headersLength: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(length, 0);
    bytes.writeUInt32BE(headersLength, 4);
    return withChecksum(bytes);
  };
  const wrong = Buffer.from(one);
  wrong[9] = (wrong[9] as number) ^ 1;
  for (const bytes of [wrong, prelude(15, 0), prelude(20, 5), prelude(0xffff_ffff, 0), prelude(200_000, 150_000)])
    t.match(decoded(Buffer.concat([bytes, two])), { messages: { length: 0 }, isLost: true, waiting: 0 });
  t.match(decoded(prelude(20, 4)), { isLost: false, waiting: 12 }, 'one that is right waits for the rest');
});

t.test('a megabyte that comes byte by byte costs its length', async (t) => {
  const bytes = streamMessage({}, Buffer.alloc(1_000_000, 0x61));
  t.equal(decoded(bytes, 1).messages[0]?.[1]?.length, 1_000_000);
});
