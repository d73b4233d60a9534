// Goal: of an answer of a provider its final figures are known, in disjoint buckets, however it is told; of what it said nothing is.
import t from 'tap';
import { anthropicResponse } from '../../src/sources/anthropic-response.js';
import { geminiResponse } from '../../src/sources/gemini-response.js';
import { openAiChatResponse } from '../../src/sources/openai-chat-response.js';
import { openAiResponsesResponse } from '../../src/sources/openai-responses-response.js';
import { answered, onlyUse, sse } from '../support/answers.js';

t.test('an answer is found by its bytes: JSON, events, or objects in a row', async (t) => {
  const answer = { type: 'message', id: 'msg_1', model: 'claude-x', usage: { input_tokens: 3, output_tokens: 4 } };
  const text = JSON.stringify(answer);
  for (const body of [
    text,
    `\uFEFF \n${text}`,
    `data: ${text}\n\n`,
    `event: message\rdata: ${text}`,
    `[${text}]`,
    `${text}\n{}`,
  ])
    t.match(
      onlyUse(anthropicResponse, body),
      { response: 'msg_1', tokens: { input: 3, output: 4 }, rank: 'final' },
      body,
    );
  for (const [body, reason] of [
    ['', 'empty'],
    [' \n', 'empty'],
    ['[1, 2]', 'not-json'],
    ['{"type":"message"}', 'not-an-answer'],
    ['{"a":', 'cut'],
    ['data: {"a"\n\n', 'not-json'],
    ['{"type":"error","error":{"type":"overloaded_error"}}', 'answer-is-an-error'],
    ['\u0000\u0000\u0000\u0010\u0000\u0000\u0000\u0000abcd', 'not-an-event-stream'],
  ] as const)
    t.match(
      answered(anthropicResponse, body),
      { observations: { length: 0 }, skipped: { [reason]: 1 }, refused: null },
      body,
    );
});

t.test('who is asked by a header says which request it was; a body without ids is known by its bytes', async (t) => {
  const body = '{"usageMetadata":{"promptTokenCount":1}}';
  const one = onlyUse(geminiResponse, body);
  t.match(one, { response: null, request: null, ownKey: /^body:[0-9a-f]{32}$/, occurredAt: 7 });
  t.same(onlyUse(geminiResponse, body).ownKey, one.ownKey);
  t.not(onlyUse(geminiResponse, `${body} `).ownKey, one.ownKey);
  const named = onlyUse(geminiResponse, body, { 'x-goog-request-id': 'r1' });
  t.match(named, { request: 'r1', ownKey: null });
});

t.test('an answer with a credential in it is refused whole', async (t) => {
  const text = JSON.stringify({
    type: 'message',
    id: 'msg_1',
    usage: { input_tokens: 3 },
    content: 'sk-ant-api03-abc',
  });
  t.match(answered(anthropicResponse, text), {
    observations: { length: 0 },
    skipped: {},
    refused: 'it holds an API key of Anthropic',
  });
  const beside = `: sk-ant-api03-abc\ndata: {"type":"message","id":"msg_1","usage":{"input_tokens":3}}\n\n`;
  t.match(answered(anthropicResponse, beside), { observations: { length: 0 } });
});

t.test('nothing of what was said is in what is read', async (t) => {
  const text = JSON.stringify({
    type: 'message',
    id: 'msg_1',
    model: 'claude-x',
    content: [{ type: 'text', text: 'private words' }],
    usage: { input_tokens: 'private words' },
    error: { message: 'private words' },
  });
  for (const source of [anthropicResponse, openAiChatResponse, openAiResponsesResponse, geminiResponse])
    t.notMatch(JSON.stringify(answered(source, text)), /private/, source.format);
});

const start = (usage: object) => ({ type: 'message_start', message: { id: 'msg_1', model: 'claude-x', usage } });
const delta = (usage: object | undefined, stop_reason: string | null) => ({
  type: 'message_delta',
  delta: { stop_reason },
  usage,
});

t.test('Anthropic: deltas tell the totals so far, and what they leave out stands', async (t) => {
  const body = sse(
    start({
      input_tokens: 10,
      cache_read_input_tokens: 200,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      output_tokens: 1,
      speed: 'fast',
      inference_geo: 'us',
      service_tier: 'standard',
    }),
    { type: 'ping' },
    delta({ output_tokens: 40 }, null),
    delta({ input_tokens: null, output_tokens: 60, output_tokens_details: { thinking_tokens: 45 } }, null),
    delta({ output_tokens: 90, server_tool_use: { web_search_requests: 2 } }, 'end_turn'),
    { type: 'message_stop' },
  );
  t.match(onlyUse(anthropicResponse, body), {
    provider: 'anthropic',
    response: 'msg_1',
    model: 'claude-x',
    rank: 'final',
    saysSpeed: true,
    tokens: { input: 10, cache_read: 200, cache_write_5m: 10, cache_write_1h: 20, output: 45, reasoning: 45 },
    pricing: { speed: 'fast', geo: 'us', tier: 'standard', webSearches: 2 },
  });
});

t.test('Anthropic: what a delta adds to the cache is of the shorter lifetime', async (t) => {
  const began = start({
    cache_creation_input_tokens: 30,
    cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
  });
  const after = (usage: object) => onlyUse(anthropicResponse, sse(began, delta(usage, 'end_turn'))).tokens;
  t.match(after({ cache_creation_input_tokens: 35 }), { cache_write_5m: 15, cache_write_1h: 20 });
  t.match(
    after({ cache_creation_input_tokens: 5 }),
    { cache_write_5m: 10, cache_write_1h: 20 },
    'less than was told is not believed',
  );
  t.match(after({ cache_creation_input_tokens: 12, cache_creation: { ephemeral_1h_input_tokens: 9 } }), {
    cache_write_5m: 0,
    cache_write_1h: 9,
  });
});

t.test('Anthropic: figures before the last are estimated', async (t) => {
  const began = start({ input_tokens: 10, output_tokens: 1 });
  for (const events of [
    [began],
    [began, { type: 'error', error: {} }],
    [began, delta({ output_tokens: 5 }, null)],
    [began, delta(undefined, 'end_turn')],
  ])
    t.match(onlyUse(anthropicResponse, sse(...events)), { rank: 'estimated', tokens: { input: 10 } });
  t.match(answered(anthropicResponse, sse(began, { type: 'error' })).skipped, { 'answer-is-an-error': 1 });
});

t.test('Anthropic: the model that took over served it; compaction and advisors come on top', async (t) => {
  const usage = {
    input_tokens: 10,
    output_tokens: 9,
    iterations: [
      { type: 'message', model: 'claude-x', input_tokens: 4, output_tokens: 2 },
      { type: 'compaction', input_tokens: 700, output_tokens: 70, cache_creation: null },
      { type: 'compaction', input_tokens: 800, output_tokens: 80 },
      { type: 'fallback_message', model: 'claude-y', input_tokens: 6, output_tokens: 7 },
      { type: 'advisor_message', model: 'claude-z', input_tokens: 3, output_tokens: 1 },
      { type: 'advisor_message', model: 'claude-z', input_tokens: 5, output_tokens: 2 },
      { type: 'advisor_message', model: 'claude-z', input_tokens: -5 },
    ],
    server_tool_use: { web_search_requests: 1 },
  };
  const { observations, skipped } = answered(anthropicResponse, sse(start({}), delta(usage, 'end_turn')));
  t.match(observations, [
    { part: null, model: 'claude-y', tokens: { input: 10, output: 9 }, pricing: { webSearches: 1 } },
    {
      part: 'compaction:0',
      model: 'claude-y',
      tokens: { input: 700, output: 70 },
      pricing: { webSearches: undefined },
    },
    { part: 'compaction:1', tokens: { input: 800, output: 80 } },
    { part: 'advisor:0', model: 'claude-z', tokens: { input: 3, output: 1 }, response: 'msg_1' },
    { part: 'advisor:1', model: 'claude-z', tokens: { input: 5, output: 2 } },
  ]);
  t.equal(observations.length, 5);
  t.same(skipped, { 'not-a-count': 1 });
});

t.test(
  'Chat Completions: the last usage counts, with the cache in the input and reasoning in the output',
  async (t) => {
    const chunk = {
      id: 'c1',
      object: 'chat.completion.chunk',
      created: 1_767_225_600,
      model: 'gpt-x',
      choices: [],
      usage: null,
    };
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 30,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 12 },
    };
    const first = { id: '', model: '', choices: [], service_tier: 'flex' };
    const early = { ...chunk, usage: { prompt_tokens: 100, completion_tokens: 1 } };
    const body = `${sse(first, chunk, early, { id: '', usage }, { usage: null })}data: [DONE]\n\n`;
    t.match(onlyUse(openAiChatResponse, body), {
      provider: 'openai',
      response: 'c1',
      model: 'gpt-x',
      rank: 'final',
      occurredAt: Date.UTC(2026, 0, 1),
      tokens: { input: 35, cache_read: 60, cache_write_5m: 5, output: 18, reasoning: 12 },
      pricing: { tier: 'flex' },
    });
    t.same(answered(openAiChatResponse, body).skipped, {});
    t.match(
      onlyUse(openAiChatResponse, JSON.stringify({ ...chunk, usage })),
      { rank: 'final', tokens: { input: 35 } },
      'whole',
    );
  },
);

t.test('without usage nothing is known: a use of no tokens, estimated', async (t) => {
  const chunk = { id: 'c1', model: 'gpt-x', choices: [{ delta: {} }] };
  t.match(onlyUse(openAiChatResponse, sse(chunk, chunk)), {
    response: 'c1',
    model: 'gpt-x',
    rank: 'estimated',
    tokens: {},
  });
  t.same(onlyUse(openAiChatResponse, sse(chunk)).tokens, {});
  const failed = { id: 'r1', object: 'response', model: 'gpt-x', status: 'failed', error: { code: 'x' }, usage: null };
  const body = sse(
    { type: 'response.created', response: { id: 'r1', model: 'gpt-x' } },
    { type: 'response.failed', response: failed },
  );
  t.match(onlyUse(openAiResponsesResponse, body), { response: 'r1', model: 'gpt-x', rank: 'estimated' });
  t.same(onlyUse(openAiResponsesResponse, body).tokens, {});
  t.same(answered(openAiResponsesResponse, body).skipped, { 'answer-is-an-error': 1 });
  t.match(answered(openAiChatResponse, '{"error":{"message":"x"}}'), {
    observations: { length: 0 },
    skipped: { 'answer-is-an-error': 1 },
  });
  const wrong = { id: 'c1', model: 'gpt-x', usage: { prompt_tokens: 2 ** 60, completion_tokens: 1 } };
  t.match(onlyUse(openAiChatResponse, JSON.stringify(wrong)), { rank: 'estimated' });
  t.same(answered(openAiChatResponse, JSON.stringify(wrong)).skipped, { 'count-too-large': 1 }, 'never rounded');
});

t.test('Responses: completed and incomplete ones have their usage, and searches are counted', async (t) => {
  const response = {
    id: 'r1',
    object: 'response',
    created_at: 1_767_225_600,
    model: 'gpt-x',
    service_tier: 'default',
    output: [{ type: 'web_search_call' }, { type: 'message' }, { type: 'web_search_call' }],
    usage: {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 60, cache_write_tokens: 5 },
      output_tokens: 30,
      output_tokens_details: { reasoning_tokens: 12 },
    },
  };
  const created = { type: 'response.created', response: { id: 'r1', model: 'gpt-x', usage: null } };
  for (const body of [
    sse(
      created,
      { type: 'response.output_text.delta', delta: 'x' },
      { type: 'response.completed', response },
      { type: 'rate_limits.updated' },
    ),
    sse(created, { type: 'response.incomplete', response }),
    JSON.stringify(response),
  ])
    t.match(onlyUse(openAiResponsesResponse, body), {
      provider: 'openai',
      response: 'r1',
      model: 'gpt-x',
      rank: 'final',
      occurredAt: Date.UTC(2026, 0, 1),
      tokens: { input: 35, cache_read: 60, cache_write_5m: 5, output: 18, reasoning: 12 },
      pricing: { tier: 'default', webSearches: 2 },
    });
});

t.test('Gemini: the last chunk counts; thoughts and the input of tools come on top, the cache is inside', async (t) => {
  const chunk = (usageMetadata: object, finishReason?: string) => ({
    responseId: 'g1',
    modelVersion: 'gemini-x',
    createTime: '2026-01-01T00:00:00Z',
    candidates: [{ content: {}, finishReason }],
    usageMetadata,
  });
  const last = {
    promptTokenCount: 100,
    cachedContentTokenCount: 60,
    candidatesTokenCount: 9,
    thoughtsTokenCount: 8,
    toolUsePromptTokenCount: 7,
  };
  const chunks = [
    chunk({ promptTokenCount: 100, candidatesTokenCount: 1 }),
    { usageMetadata: last },
    { candidates: [{ finishReason: 'STOP' }] },
  ];
  const wanted = {
    provider: 'gemini',
    response: 'g1',
    model: 'gemini-x',
    rank: 'final',
    occurredAt: Date.UTC(2026, 0, 1),
    tokens: { input: 47, cache_read: 60, output: 9, reasoning: 8 },
  };
  t.match(onlyUse(geminiResponse, sse(...chunks)), wanted);
  t.match(onlyUse(geminiResponse, JSON.stringify(chunks)), wanted, 'an array');
  t.match(
    onlyUse(geminiResponse, sse(...chunks.map((response) => ({ response, traceId: 'x' })))),
    wanted,
    'as its client gets it',
  );
  const cut = JSON.stringify(chunks).slice(0, -20);
  t.match(onlyUse(geminiResponse, cut), { rank: 'estimated', tokens: { input: 47, output: 9 } });
  t.same(answered(geminiResponse, cut).skipped, { cut: 1 });
});

t.test('Gemini: a prompt that was blocked was used all the same', async (t) => {
  const blocked = {
    responseId: 'g1',
    promptFeedback: { blockReason: 'SAFETY' },
    usageMetadata: { promptTokenCount: 12 },
  };
  t.match(onlyUse(geminiResponse, JSON.stringify(blocked)), { rank: 'final', tokens: { input: 12, output: 0 } });
  t.match(answered(geminiResponse, '[{"error":{"code":429}}]'), {
    observations: { length: 0 },
    skipped: { 'answer-is-an-error': 1 },
  });
});
