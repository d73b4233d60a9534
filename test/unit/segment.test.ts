// The bytes of archived events: whatever goes in comes out, and damage is noticed.
import fc from 'fast-check';
import t from 'tap';
import { fitting, mayHold, sealEvents, segmentFault } from '../../src/engines/archiving.js';
import { decodeSegment, encodeSegment, eventAt, lastWithin, positionsOf } from '../../src/engines/segment.js';
import { genesis, genesisHash, sha256 } from '../../src/events/chain.js';
import type { StoredEvent } from '../../src/events/envelope.js';
import { merkleRoot } from '../../src/events/merkle.js';
import type { PoolId, Seq } from '../../src/events/scalars.js';
import { limits } from '../../src/limits.js';
import { eventId, noon } from '../support/fold.js';
import { type Content, follow } from '../support/sealed.js';

const pool = 'default' as PoolId;
const start = { ...genesis, id: null };
const resumed = (name: string): Content => ({ payload: { name } });
const eventsIn = (bytes: Uint8Array): StoredEvent[] => {
  const segment = decodeSegment(bytes);
  return segment.payloads.map((_, i) => eventAt(segment, i));
};

t.test('any events come out as they went in', async (t) => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '\n', '\u2028', '"\\', 'Zoë', '€'));
  const content = fc.record(
    {
      payload: fc.dictionary(fc.string(), fc.oneof(text, fc.integer(), fc.constant(null)), { maxKeys: 4 }),
      key: text,
      source: text,
      type: fc.constantFrom('agent.resumed' as const, 'usage.recorded' as const),
      correlates: fc.nat(1_000).map(eventId),
      wait: fc.oneof(fc.constant(0), fc.nat(1e9)),
    },
    { requiredKeys: ['payload', 'wait'] },
  );
  fc.assert(
    fc.property(fc.array(content, { minLength: 1, maxLength: 30 }), fc.nat(2 ** 33), (contents, before) => {
      let at = noon;
      const events = follow(
        pool,
        { ...start, seq: before },
        ...contents.map(({ wait, ...rest }) => {
          at += wait;
          return { ...rest, recorded_at: at };
        }),
      );
      t.strictSame(eventsIn(encodeSegment(events)), events);
    }),
    { numRuns: 60 },
  );
});

t.test('times before 1970, and clients ahead of the clock, are no exception', async (t) => {
  const [early, late] = follow(pool, start, { recorded_at: -5 }, { recorded_at: 7 }) as [StoredEvent, StoredEvent];
  const events = [early, { ...late, occurred_at: 12_345 as typeof late.occurred_at }];
  t.strictSame(eventsIn(encodeSegment(events)), events);
});

t.test('every damaged byte is noticed, and every cut', async (t) => {
  const bytes = encodeSegment(follow(pool, start, resumed('Ada'), resumed('Grace')));
  for (let i = 0; i < bytes.length; i += 1) {
    const damaged = Buffer.from(bytes);
    damaged[i] = (damaged[i] as number) ^ 1;
    t.throws(() => decodeSegment(damaged), `byte ${i}`);
    t.throws(() => decodeSegment(bytes.subarray(0, i)), `cut at ${i}`);
  }
  t.throws(() => decodeSegment(Buffer.concat([bytes, Buffer.alloc(1)])), 'a byte too many');
});

t.test('a format of a later release is said to be one', async (t) => {
  const bytes = encodeSegment(follow(pool, start, {}));
  bytes[3] = 2;
  t.throws(() => decodeSegment(bytes), { message: 'its format 2 is not known to this release' });
});

t.test('a query finds positions in its order, and no further than its limit', async (t) => {
  const events = follow(pool, { ...start, seq: 10 }, ...['Ada', 'Eve', 'Ada', 'Ada'].map(resumed));
  const segment = decodeSegment(encodeSegment(events));
  const cases: [string, object, number[]][] = [
    ['all', {}, [0, 1, 2, 3]],
    ['backwards', { backwards: true }, [3, 2, 1, 0]],
    ['after', { after: 12 }, [2, 3]],
    ['up to', { upTo: 12 }, [0, 1]],
    ['elsewhere', { after: 14 }, []],
    ['before', { upTo: 10 }, []],
    ['filtered and cut', { names: ['Ada'], limit: 2, backwards: true }, [3, 2]],
  ];
  for (const [name, query, found] of cases) t.strictSame(positionsOf(segment, { limit: 9, ...query }), found, name);
  t.strictSame(
    [noon, noon + 11, noon + 12, noon + 99].map((at) => lastWithin(segment, 'recorded_at', at)),
    [10, 11, 12, 14],
  );
});

t.test('what a segment holds says whether it is to be opened', async (t) => {
  const { facts } = sealEvents(genesis, follow(pool, start, resumed('Ada'), { ...resumed('Eve'), source: 'a/1' }));
  const asks = (query: object) => mayHold(facts.contents, { limit: 1, ...query });
  t.ok([{}, { names: ['Eve', 'X'] }, { source: 'a/1' }, { types: ['agent.resumed'] }].every(asks));
  t.notOk(
    [{ names: ['X'] }, { source: 'b/1' }, { types: ['x'] }, { correlates: eventId(1) }].some(asks),
    'what it does not hold is not looked for',
  );
  const many = follow(pool, start, ...Array.from({ length: 300 }, (_, i) => resumed(`Agent ${i}`)));
  const crowded = sealEvents(genesis, many).facts.contents;
  t.equal(crowded.names, null, 'too many names to be kept');
  t.ok(mayHold(crowded, { limit: 1, names: ['X'] }));
});

t.test('a segment ends where its events or bytes do', async (t) => {
  const one = follow(pool, start, {})[0] as StoredEvent;
  const endless = function* (payload: string): Generator<StoredEvent> {
    for (let seq = 1; ; seq += 1) yield { ...one, seq: seq as Seq, payload };
  };
  const from = function* (seq: number): Generator<StoredEvent> {
    for (const event of endless('{}')) if (event.seq >= seq) yield event;
  };
  t.equal(fitting(endless('{}')).length, limits.segmentEventsMax);
  t.equal(
    fitting(from(8_000)).at(-1)?.seq,
    limits.segmentEventsMax,
    'one that begins anywhere ends where a full one would',
  );
  t.equal(fitting(from(8_193)).at(-1)?.seq, 2 * limits.segmentEventsMax);
  const megabytes = 'x'.repeat(2 ** 20);
  t.equal(fitting(endless(megabytes)).length, limits.segmentBytesMax / 2 ** 20);
  t.equal(fitting(endless(megabytes.repeat(17))).length, 1, 'one event that is too large goes by itself');
  t.strictSame(fitting([]), []);
});

t.test('events that do not follow are not sealed', async (t) => {
  const events = follow(pool, start, resumed('Ada'), resumed('Grace'), resumed('Eve'));
  const changed = events.map((event, i) => (i === 1 ? { ...event, payload: '{"name":"Mallory"}' } : event));
  const refusal = (fault: string, seq: number) => ({
    reason: 'corrupt',
    message: `event ${seq} of default cannot be archived (${fault})`,
  });
  t.throws(() => sealEvents(genesis, changed), refusal('digest_mismatch', 2));
  t.throws(() => sealEvents(genesis, events.slice(1)), refusal('seq_gap', 1));
  t.throws(() => sealEvents({ ...genesis, hash: '11'.repeat(32) }, events), refusal('hash_mismatch', 1));
});

t.test('facts that are not those of the events are a fault', async (t) => {
  const events = follow(pool, start, resumed('Ada'), resumed('Grace'));
  const { facts, bytes } = sealEvents(genesis, events);
  const segment = { ...facts, bytes: bytes.length };
  t.equal(segmentFault(genesis, segment, events), null);
  const wrong = [
    { merkleRoot: genesisHash },
    { previousHash: '11'.repeat(32) },
    { events: 3 },
    { last: { ...facts.last, recorded_at: (noon + 1) as typeof facts.last.recorded_at } },
    { contents: { ...facts.contents, names: ['Ada'] } },
  ];
  for (const change of wrong) {
    const fault = segmentFault(genesis, { ...segment, ...change }, events);
    t.match(fault, { seq: 1, fault: 'facts_mismatch' }, Object.keys(change).join());
  }
  t.match(segmentFault(genesis, segment, []), { seq: 1, fault: 'facts_mismatch' }, 'no events at all');
});

t.test('the Merkle root is the one of RFC 9162', async (t) => {
  const [a, b, c] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32)) as [string, string, string];
  const leaf = (hash: string) => sha256(Buffer.from(`00${hash}`, 'hex'));
  const node = (left: string, right: string) => sha256(Buffer.from(`01${left}${right}`, 'hex'));
  t.equal(merkleRoot([a]), leaf(a));
  t.equal(merkleRoot([a, b]), node(leaf(a), leaf(b)));
  t.equal(merkleRoot([a, b, c]), node(node(leaf(a), leaf(b)), leaf(c)));
  const five = [a, b, c, a, b];
  const four = node(node(leaf(a), leaf(b)), node(leaf(c), leaf(a)));
  t.equal(merkleRoot(five), node(four, leaf(b)), 'split at the largest power of two');
  t.throws(() => merkleRoot([]));
});
