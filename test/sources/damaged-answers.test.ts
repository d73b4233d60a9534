// Goal: whatever an answer or an event of somebody else holds, reading it never throws, and never tells a count that cannot be.
import fc from 'fast-check';
import t from 'tap';
import { tokenBuckets } from '../../src/events/tokens.js';
import { AnswerBytes } from '../../src/sources/answer-bytes.js';
import { anthropicResponse } from '../../src/sources/anthropic-response.js';
import { bedrockResponse } from '../../src/sources/bedrock-response.js';
import { cloudEvents } from '../../src/sources/cloudevents.js';
import { geminiResponse } from '../../src/sources/gemini-response.js';
import { openAiChatResponse } from '../../src/sources/openai-chat-response.js';
import { openAiResponsesResponse } from '../../src/sources/openai-responses-response.js';
import type { Source } from '../../src/sources/source.js';
import { sse } from '../support/answers.js';
import { streamMessage } from '../support/event-stream.js';

const sources = [
  anthropicResponse,
  bedrockResponse,
  cloudEvents,
  geminiResponse,
  openAiChatResponse,
  openAiResponsesResponse,
];
const numRuns = Number(process.env.FUZZ_RUNS ?? 400);

const figures = {
  input_tokens: 10,
  output_tokens: 9,
  prompt_tokens: 5,
  completion_tokens: 4,
  promptTokenCount: 3,
  inputTokens: 2,
};
const usage = {
  ...figures,
  iterations: [{ type: 'compaction', ...figures }],
  cache_creation: { ephemeral_1h_input_tokens: 4 },
  cacheDetails: [{ ttl: '1h', inputTokens: 3 }],
};
const events = [
  { type: 'message_start', message: { id: 'msg_1', model: 'claude-x', usage } },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
  { type: 'response.completed', response: { id: 'r1', model: 'gpt-x', output: [{ type: 'web_search_call' }], usage } },
  { id: 'c1', model: 'gpt-x', created: 1_767_225_600, usage },
  { responseId: 'g1', modelVersion: 'gemini-x', candidates: [{ finishReason: 'STOP' }], usageMetadata: usage },
  { specversion: '1.0', id: 'a', source: '/b', type: 'c', data: usage },
];
const samples: readonly Buffer[] = [
  Buffer.from(sse(...events)),
  Buffer.from(JSON.stringify(events)),
  ...events.map((event) => Buffer.from(JSON.stringify(event))),
  Buffer.from(
    JSON.stringify({
      headers: { 'ce-id': 'a', 'ce-source': 'b', 'ce-type': 'c', 'ce-specversion': '1.0' },
      body: '{}',
    }),
  ),
  Buffer.concat(
    events.map((event) =>
      streamMessage(
        { ':event-type': 'chunk' },
        JSON.stringify({ bytes: Buffer.from(JSON.stringify(event)).toString('base64') }),
      ),
    ),
  ),
  streamMessage({ ':event-type': 'metadata' }, JSON.stringify({ usage })),
];

function check(source: Source, input: Uint8Array): number {
  const { observations, skipped, refused, consumed } = source.read(input, { at: 0, path: null });
  if (consumed !== input.length) throw new Error('not all was read');
  for (const [reason, count] of Object.entries(skipped))
    if (!/^[a-z0-9-]+$/.test(reason) || !(count > 0)) throw new Error(`skipped ${reason}: ${count}`);
  for (const one of observations) {
    if (one.kind !== 'use') continue;
    for (const bucket of tokenBuckets)
      if (!Number.isSafeInteger(one.tokens[bucket] ?? 0) || (one.tokens[bucket] ?? 0) < 0)
        throw new Error(`${bucket} ${one.tokens[bucket]}`);
    if (one.response === null && one.request === null && one.ownKey === null) throw new Error('a use without a key');
  }
  return refused === null ? observations.length : 0;
}

const damage = fc.record({
  sample: fc.constantFrom(...samples),
  changes: fc.array(
    fc.record({
      at: fc.nat(),
      how: fc.constantFrom('set', 'cut', 'repeat', 'insert'),
      bytes: fc.uint8Array({ maxLength: 8 }),
    }),
    { maxLength: 6 },
  ),
});

/** Values that have been where a number or an object was expected. */
const nasty = ['null', '-1', '1e400', '9007199254740993', '"7"', '"x"', '[]', '{}', '1.5', '"\\ud800"', 'true'];
const swapped = fc.record({ sample: fc.constantFrom(...samples), nth: fc.nat(), value: fc.constantFrom(...nasty) });

t.test('random bytes', async (t) => {
  const property = fc.property(
    fc.constantFrom(...sources),
    fc.uint8Array({ maxLength: 300 }),
    (source, bytes) => void check(source, bytes),
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns }));
});

t.test('answers that were damaged', async (t) => {
  let found = 0;
  const property = fc.property(fc.constantFrom(...sources), damage, (source, { sample, changes }) => {
    let bytes = sample;
    for (const { at, how, bytes: other } of changes) {
      const place = bytes.length === 0 ? 0 : at % bytes.length;
      const rest = bytes.subarray(
        how === 'set' ? place + other.length : how === 'repeat' ? Math.max(0, place - 40) : place,
      );
      bytes = Buffer.concat([
        bytes.subarray(0, place),
        how === 'repeat' ? Buffer.alloc(0) : other,
        how === 'cut' ? Buffer.alloc(0) : rest,
      ]);
    }
    found += check(source, bytes);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns }));
  t.ok(found > 0, 'some are read all the same');
});

t.test('values of a kind that nobody expects', async (t) => {
  const property = fc.property(fc.constantFrom(...sources), swapped, (source, { sample, nth, value }) => {
    const text = sample.toString('utf8');
    const values = [...text.matchAll(/(?<=":)("[^"]*"|\d+)/g)];
    const one = values[nth % Math.max(1, values.length)];
    const changed = one === undefined ? text : text.slice(0, one.index) + value + text.slice(one.index + one[0].length);
    check(source, Buffer.from(changed));
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns }));
});

t.test('JSON that is 20,000 levels deep', async (t) => {
  for (const deep of [
    '['.repeat(20_000),
    '{"a":'.repeat(20_000),
    `{"usage":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
  ])
    for (const source of sources) t.doesNotThrow(() => check(source, Buffer.from(deep)), source.format);
});

t.test('messages are the same however the bytes are cut', async (t) => {
  const messagesOf = (bytes: Uint8Array, size: number) => {
    const texts: string[] = [];
    const reader = new AnswerBytes(
      (_, text) => texts.push(text),
      (reason) => texts.push(reason),
    );
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    reader.end();
    return texts;
  };
  const property = fc.property(fc.constantFrom(...samples), fc.integer({ min: 1, max: 64 }), (sample, size) => {
    if (JSON.stringify(messagesOf(sample, size)) !== JSON.stringify(messagesOf(sample, sample.length)))
      throw new Error(`by ${size}`);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns }));
});
