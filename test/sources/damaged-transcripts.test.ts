/** Goal: no bytes make the reader of transcripts fail, or say a count that is none. */
import fc from 'fast-check';
import t from 'tap';
import { claudeTranscript } from '../../src/sources/claude-transcript.js';
import { combined } from '../../src/sources/combine.js';
import { claudeLine, textOf, wrappedLine } from '../support/claude-lines.js';

const seed = Number(process.env.SEED ?? 4_711);
const numRuns = Number(process.env.FUZZ_RUNS ?? 1_000);

/** Reads in parts as large as given; every count is a whole number, and every byte is used once. */
function readsSoundly(bytes: Uint8Array, partBytes = bytes.length): void {
  let consumed = 0;
  for (let end = partBytes; consumed < bytes.length; end += partBytes) {
    const mayGrow = end < bytes.length;
    const result = claudeTranscript.read(bytes.subarray(consumed, end), { at: 0, path: null, mayGrow });
    consumed += result.consumed;
    for (const one of combined(result.observations)) {
      if (one.kind !== 'use') continue;
      for (const count of Object.values(one.tokens))
        if (!Number.isSafeInteger(count) || count < 0 || Object.is(count, -0)) throw new Error(`a count of ${count}`);
      if (!Number.isSafeInteger(one.occurredAt)) throw new Error(`it was at ${one.occurredAt}`);
    }
    if (!mayGrow) break;
  }
  if (consumed !== bytes.length) throw new Error(`${consumed} of ${bytes.length} bytes were used`);
}

const iterations = [
  { type: 'compaction', input_tokens: 5 },
  { type: 'advisor_message', model: 'm', output_tokens: 3 },
];
const quotaLimits = { status: 'rejected', resetsAt: 1_795_910_844, rateLimitType: 'five_hour' };
const samples = [
  claudeLine({ usage: { iterations, output_tokens_details: { thinking_tokens: 2 }, speed: 'fast' } }),
  wrappedLine({ usage: { cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 2 } } }),
  claudeLine({ message: { model: '<synthetic>' }, line: { isApiErrorMessage: true, quotaLimits } }),
];
const sample = Buffer.from(textOf(...samples));

const numbers = ['-1', '1e999', '9007199254740993', '-0', '0.1', '"5"', 'null', '{}', '[]', '""', '1e15'];
const damage = fc.record({
  at: fc.nat(sample.length),
  drop: fc.nat(30),
  put: fc.oneof(fc.constantFrom(...numbers), fc.string()),
});

t.test('random bytes', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readsSoundly(bytes)),
    { seed, numRuns },
  );
});

t.test('lines that were damaged, in parts of any size', async () => {
  const cases = fc.tuple(fc.array(damage, { maxLength: 6 }), fc.integer({ min: 700, max: 4_000 }));
  const property = fc.property(cases, ([damages, partBytes]) => {
    let bytes = sample;
    for (const { at, drop, put } of damages)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + drop)]);
    readsSoundly(bytes);
    readsSoundly(Buffer.from(`${bytes}\n`.repeat(3)), partBytes * 4);
  });
  fc.assert(property, { seed, numRuns });
});

t.test('any value in the place of any other', async () => {
  const parts = fc.record({ usage: fc.object(), message: fc.object(), line: fc.object() }, { requiredKeys: [] });
  const named = fc.record({ key: fc.constantFrom('usage', 'message', 'line'), value: fc.jsonValue() });
  const property = fc.property(parts, named, (some, { key, value }) => {
    readsSoundly(Buffer.from(textOf(claudeLine(some), wrappedLine(some))));
    const message = { ...samples[0], message: { ...(samples[0]?.message as object), [key]: value } };
    readsSoundly(Buffer.from(textOf(message, { ...samples[0], [key]: value })));
  });
  fc.assert(property, { seed, numRuns });
});

t.test('any number in the place of a count', async () => {
  const counts = ['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'];
  const number = fc.oneof(fc.constantFrom(...numbers), fc.double().map(String), fc.bigInt().map(String));
  const property = fc.property(fc.constantFrom(...counts), number, (count, text) => {
    const line = JSON.stringify(
      claudeLine({ usage: { [count]: '@', iterations: [{ type: 'compaction', [count]: '@' }] } }),
    );
    readsSoundly(Buffer.from(`${line.replaceAll('"@"', text)}\n`));
  });
  fc.assert(property, { seed, numRuns });
});

t.test('JSON that is 20,000 deep', async () => {
  const deep = '['.repeat(20_000);
  readsSoundly(Buffer.from(`{"type":"assistant","message":${deep}${']'.repeat(20_000)}}\n`));
  readsSoundly(Buffer.from(`{"type":"assistant","message":${deep}\n`));
});
