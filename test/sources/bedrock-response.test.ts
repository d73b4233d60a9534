// Goal: the three ways in which Bedrock tells use are read alike, and a stream that an exception ended tells none.
import t from 'tap';
import { bedrockResponse } from '../../src/sources/bedrock-response.js';
import { answered, onlyUse } from '../support/answers.js';
import { streamMessage } from '../support/event-stream.js';

const event = (type: string, body: object) =>
  streamMessage(
    { ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' },
    JSON.stringify(body),
  );
const chunk = (body: object) =>
  event('chunk', { bytes: Buffer.from(JSON.stringify(body)).toString('base64'), p: 'abc' });
const usage = { input_tokens: 10, cache_read_input_tokens: 200, cache_creation_input_tokens: 30, output_tokens: 1 };
const metrics = {
  inputTokenCount: 10,
  outputTokenCount: 90,
  cacheReadInputTokenCount: 200,
  cacheWriteInputTokenCount: 30,
};
const tokens = { input: 10, cache_read: 200, cache_write_5m: 30, cache_write_1h: 0, output: 90, reasoning: 0 };
const start = { type: 'message_start', message: { id: 'msg_bdrk_1', model: 'claude-x', usage } };
const delta = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 90 } };
const stop = { type: 'message_stop', 'amazon-bedrock-invocationMetrics': metrics };

t.test('Claude says what it used itself, and what Bedrock adds repeats it', async (t) => {
  const body = Buffer.concat([start, delta, stop].map(chunk));
  t.match(onlyUse(bedrockResponse, body), {
    provider: 'anthropic',
    response: 'msg_bdrk_1',
    model: 'claude-x',
    rank: 'final',
    tokens,
  });
  const whole = { ...start.message, type: 'message', usage: { ...usage, output_tokens: 90 } };
  t.match(onlyUse(bedrockResponse, JSON.stringify(whole)), {
    provider: 'anthropic',
    response: 'msg_bdrk_1',
    rank: 'final',
    tokens,
  });
});

t.test('of another model the figures of Bedrock count', async (t) => {
  const body = Buffer.concat(
    [{ generation: 'x' }, { generation: '', 'amazon-bedrock-invocationMetrics': metrics }].map(chunk),
  );
  const use = onlyUse(bedrockResponse, body, { 'x-amzn-requestid': 'r1' });
  t.match(use, { provider: 'bedrock', response: null, request: 'r1', model: null, rank: 'final', tokens });
});

t.test('Converse leaves the cache out of the input, and tells lifetimes where it can', async (t) => {
  const converse = {
    inputTokens: 10,
    outputTokens: 90,
    totalTokens: 330,
    cacheReadInputTokens: 200,
    cacheWriteInputTokens: 30,
  };
  const read = (more: object) =>
    onlyUse(
      bedrockResponse,
      Buffer.concat([
        event('messageStart', { role: 'assistant' }),
        event('metadata', { usage: { ...converse, ...more } }),
      ]),
    );
  t.match(read({}), { provider: 'bedrock', rank: 'final', tokens });
  const details = [
    { ttl: '1h', inputTokens: 20 },
    { ttl: '5m', inputTokens: 10 },
  ];
  t.match(read({ cacheDetails: details }).tokens, { cache_write_5m: 10, cache_write_1h: 20 });
  for (const cacheDetails of [details.slice(1), [{ ttl: '2d', inputTokens: 30 }], [{ ttl: '5m', inputTokens: -1 }]])
    t.match(
      read({ cacheDetails }).tokens,
      { cache_write_5m: 30, cache_write_1h: 0 },
      'what does not add up is not used',
    );
  const whole = { output: { message: {} }, stopReason: 'end_turn', usage: converse };
  t.match(onlyUse(bedrockResponse, JSON.stringify(whole)), { rank: 'final', tokens });
});

t.test('an exception ends the stream: what was used is not known', async (t) => {
  const exception = streamMessage(
    { ':message-type': 'exception', ':exception-type': 'throttlingException' },
    '{"message":"private words"}',
  );
  const result = answered(bedrockResponse, Buffer.concat([event('messageStart', { role: 'assistant' }), exception]));
  t.match(result, { observations: { length: 0 }, skipped: { 'answer-is-an-error': 1 } });
  t.match(onlyUse(bedrockResponse, Buffer.concat([chunk(start), exception])), {
    rank: 'estimated',
    tokens: { input: 10, output: 1 },
  });
});

t.test('damage is counted, and credentials inside of base64 are found', async (t) => {
  const damaged = chunk(delta);
  damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1;
  const result = answered(bedrockResponse, Buffer.concat([chunk(start), damaged, chunk(stop).subarray(0, 30)]));
  t.match(result, { observations: [{ rank: 'estimated' }], skipped: { 'damaged-message': 1, cut: 1 } });
  t.match(answered(bedrockResponse, streamMessage({}, 'x')).skipped, { 'not-json': 1 });
  t.match(answered(bedrockResponse, chunk({ ...start, text: 'sk-ant-api03-abc' })), {
    observations: { length: 0 },
    refused: 'it holds an API key of Anthropic',
  });
});
