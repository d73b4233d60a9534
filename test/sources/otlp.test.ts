/** Goal: however many times and ways telemetry tells a response, in either encoding, it counts once and exactly. */
import { test } from 'tap';
import { totalOf } from '../../src/events/meter.js';
import { combined } from '../../src/sources/combine.js';
import { otlp } from '../../src/sources/otlp.js';
import { attributesOf } from '../../src/sources/otlp-record.js';
import type { Observation, ReadContext, UseSeen } from '../../src/sources/source.js';
import {
  type Attributes,
  type Counter,
  encoded,
  type Log,
  logsJson,
  logsProtobuf,
  metricsJson,
  metricsProtobuf,
  type Span,
  tracesJson,
  tracesProtobuf,
} from '../support/otlp.js';

const at = Date.UTC(2026, 1, 3, 12);
const nanosOf = (second: number) => `${at + second * 1_000}000000`;

const read = (body: string | Uint8Array, context: Partial<ReadContext> = {}) =>
  otlp.read(Buffer.from(body as string), { at, path: null, ...context });
const usesIn = (observations: readonly Observation[]) => observations as readonly UseSeen[];
/** The uses of several bodies, one a response. */
const together = (...bodies: readonly (string | Uint8Array)[]) =>
  usesIn(combined(otlp.combine?.(bodies.flatMap((body) => read(body).observations)) ?? []));
const sizes = (uses: readonly UseSeen[]) => uses.map((use) => totalOf(use.tokens));

const claude = (request: string | null, more: Attributes = {}): Log => ({
  body: 'claude_code.api_request',
  time: nanosOf(5),
  attributes: {
    ...(request === null ? {} : { request_id: request }),
    'session.id': 's-1',
    model: 'claude-opus-5',
    input_tokens: { int: 100 },
    output_tokens: { int: '30' },
    cache_read_tokens: '2000',
    cache_creation_tokens: 70,
    ...more,
  },
});

test('what people and tools wrote is not looked at, so no word in it loses the use beside it', async (t) => {
  const prompt = (name: string): Log => ({ attributes: { [name]: 'why is "access_token": "sk-ant-1" refused?' } });
  for (const body of [logsJson, logsProtobuf]) {
    for (const name of ['prompt', 'tool_parameters', 'gen_ai.input.messages', 'output']) {
      const { observations, refused } = read(body([claude('req-1'), prompt(name)]), { signal: 'logs' });
      t.equal(refused, null, name);
      t.match(observations, [{ request: 'req-1' }]);
    }
    for (const name of ['session.id', 'anything.else'])
      t.match(read(body([claude('req-1'), prompt(name)]), { signal: 'logs' }), { observations: [], refused: String });
  }
  t.notOk(attributesOf([{ key: 'prompt', value: { stringValue: 'short' } }]).has('prompt'));
  const deep = `{"resourceLogs":${'['.repeat(20_000)}"access_token"${']'.repeat(20_000)}}`;
  t.match(read(deep), { refused: String }, 'what cannot be looked at stays refused');
});

test('a request of Claude Code counts once, known by its request', async (t) => {
  const log = claude('req-1', {
    cost_usd: 0.25,
    speed: 'fast',
    cache_creation_1h_tokens: { int: 20 },
    cache_creation_5m_tokens: 50,
  });
  const uses = together(logsJson([log], { 'agent.id': 'ada', 'service.version': '2.1.332' }), logsJson([log]));
  t.match(uses, [
    {
      provider: 'anthropic',
      response: null,
      request: 'req-1',
      rank: 'telemetry',
      session: 's-1',
      model: 'claude-opus-5',
      occurredAt: at + 5_000,
      costUsd: 0.25,
      saysSpeed: true,
      pricing: { speed: 'fast' },
      tokens: { input: 100, cache_read: 2_000, cache_write_5m: 50, cache_write_1h: 20, output: 30 },
      place: { agent: 'ada', clientVersion: '2.1.332' },
    },
  ]);
  t.equal(uses.length, 1);
  t.match(together(logsJson([claude('req-1')])), [
    { tokens: { cache_write_5m: 70, cache_write_1h: 0 }, saysSpeed: false },
  ]);
  t.match(together(logsJson([claude('req-1', { cost_usd_micros: { int: 12 }, 'agent.id': 'bob' })])), [
    { costUsd: 0.000012, place: { agent: 'bob' } },
  ]);
  t.same(sizes(together(logsJson([claude(null), claude(null), claude(null, { input_tokens: 101 })]))), [2_200, 2_201]);
});

test('a record is known by its event, its body, or its name in its scope', async (t) => {
  const { body: _, ...log } = claude('req-1');
  const named = { ...log, attributes: { ...log.attributes, 'event.name': 'api_request' } };
  t.equal(together(logsJson([{ ...log, eventName: 'claude_code.api_request' }])).length, 1);
  t.equal(together(logsJson([{ ...named, scope: 'com.anthropic.claude_code.events' }])).length, 1);
  t.equal(together(logsJson([{ ...named, scope: 'com.example' }])).length, 0);
});

test('prompts, output of tools and attributes that nobody asked for are in no observation', async (t) => {
  const secret = 'words of somebody';
  const body = logsJson([
    claude('req-1', { prompt: secret, tool_input: `${secret} `.repeat(99) }),
    { body: secret, attributes: { 'event.name': 'codex.tool_result', output: secret } },
  ]);
  t.notMatch(JSON.stringify(read(body)), /words/);
  t.equal(read(body).observations.length, 1);
  const texts = ['x'.repeat(256), 'x'.repeat(257)].map((stringValue, index) => ({
    key: `a${index}`,
    value: { stringValue },
  }));
  t.same([...attributesOf(texts).keys()], ['a0'], 'what is long is not even held');
});

test('counts are exact or skipped', async (t) => {
  const count = (value: Attributes[string]) => read(logsJson([claude('req-1', { output_tokens: value })])).skipped;
  t.same(count({ int: '9007199254740993' }), { 'count-too-large': 1 });
  t.same(count(1.5), { 'not-a-count': 1 });
  t.same(count('-1'), { 'not-a-count': 1 });
  t.match(together(logsJson([claude('req-1', { output_tokens: { int: '9007199250000000' } })])), [
    { tokens: { output: 9_007_199_250_000_000 } },
  ]);
  const large = logsProtobuf([claude('req-1', { output_tokens: { int: '9007199254740993' } })]);
  t.same(read(large, { signal: 'logs' }).skipped, { 'count-too-large': 1 });
});

const codex = (kind: string, figures: Attributes = {}): Log => ({
  observed: nanosOf(9),
  attributes: {
    'event.name': 'codex.sse_event',
    'event.kind': kind,
    'event.timestamp': new Date(at + 7_000).toISOString(),
    'conversation.id': 'c-1',
    model: 'gpt-5.5',
    ...figures,
  },
});
const codexFigures = {
  input_token_count: '100',
  cached_token_count: '60',
  output_token_count: '30',
  reasoning_token_count: '10',
  tool_token_count: '130',
};

test('of Codex the completed response with figures counts, at the time that it says', async (t) => {
  const body = logsJson([
    codex('response.completed'),
    codex('response.created', { ...codexFigures, output_token_count: '31' }),
    codex('response.completed', codexFigures),
  ]);
  const uses = together(body, body);
  t.match(uses, [
    {
      provider: 'openai',
      rank: 'estimated',
      isStopgap: true,
      session: 'c-1',
      model: 'gpt-5.5',
      occurredAt: at + 7_000,
      tokens: { input: 40, cache_read: 60, output: 20, reasoning: 10 },
    },
  ]);
  t.equal(uses.length, 1);
});

test('of Gemini CLI its own record counts, not what it tells again', async (t) => {
  const own: Log = {
    attributes: {
      'event.name': 'gemini_cli.api_response',
      model: 'gemini-3-flash',
      input_token_count: 100,
      cached_content_token_count: 60,
      output_token_count: 30,
      thoughts_token_count: 20,
      tool_token_count: 5,
    },
  };
  const again: Log = {
    attributes: {
      'event.name': 'gen_ai.client.inference.operation.details',
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.response.id': 'r',
    },
  };
  const counter = { name: 'gen_ai.client.inference.usage.input_tokens', points: [{ attributes: {}, value: 100 }] };
  const resource = { 'service.name': 'gemini-cli', 'session.id': 's-1' };
  const uses = together(logsJson([own, again], resource), metricsJson([counter], resource));
  t.match(uses, [
    {
      provider: 'gemini',
      session: 's-1',
      isStopgap: true,
      tokens: { input: 45, cache_read: 60, output: 30, reasoning: 20 },
    },
  ]);
  t.equal(uses.length, 1);
  t.match(together(logsJson([again])), [{ response: 'r' }], 'the same of another program is all there is');
});

const genAi = (response: string | null, more: Attributes = {}): Span => ({
  trace: 'ab'.repeat(16),
  span: 'cd'.repeat(8),
  end: nanosOf(3),
  attributes: {
    'gen_ai.provider.name': 'anthropic',
    'gen_ai.response.model': 'claude-opus-5',
    'gen_ai.agent.name': 'planner',
    'gen_ai.conversation.id': 's-1',
    'gen_ai.usage.input_tokens': { int: 1_500 },
    'gen_ai.usage.cache_read.input_tokens': { int: 1_000 },
    'gen_ai.usage.cache_creation.input_tokens': { int: 300 },
    'gen_ai.usage.output_tokens': { int: 250 },
    'gen_ai.usage.reasoning.output_tokens': { int: 90 },
    ...(response === null ? {} : { 'gen_ai.response.id': response }),
    ...more,
  },
});

test('spans by the conventions tell the cache inside the input', async (t) => {
  t.match(together(tracesJson([genAi('msg-1')])), [
    {
      provider: 'anthropic',
      response: 'msg-1',
      model: 'claude-opus-5',
      session: 's-1',
      occurredAt: at + 3_000,
      rank: 'telemetry',
      tokens: { input: 200, cache_read: 1_000, cache_write_5m: 300, output: 160, reasoning: 90 },
      place: { agentName: 'planner' },
    },
  ]);
});

test('a span without the id of its response is known by its own', async (t) => {
  const spans = [genAi(null), genAi(null), { ...genAi(null), span: 'ef'.repeat(8) }];
  t.equal(together(tracesJson(spans)).length, 2);
  t.same(read(tracesJson([{ attributes: genAi(null).attributes }])).skipped, { 'no-id': 1 });
});

test('sums of other spans count nothing', async (t) => {
  const { skipped, observations } = read(tracesJson([genAi('m', { 'gen_ai.operation.name': 'invoke_agent' })]));
  t.same([observations, skipped], [[], { 'sum-of-responses': 1 }]);
});

test('older names of the conventions are understood', async (t) => {
  const attributes = {
    'gen_ai.usage.prompt_tokens': 70,
    'gen_ai.usage.completion_tokens': 6,
    'gen_ai.response.id': 'r',
  };
  const providerOf = (more: Attributes) =>
    together(tracesJson([{ attributes: { ...attributes, ...more } }]))[0]?.provider;
  t.match(together(tracesJson([{ attributes }])), [{ tokens: { input: 70, output: 6 }, provider: 'unknown' }]);
  t.equal(providerOf({ 'gen_ai.system': 'az.ai.openai' }), 'az.ai.openai');
  t.equal(providerOf({ 'gen_ai.provider.name': 'azure.ai.openai' }), 'openai');
  t.equal(providerOf({ 'gen_ai.request.model': 'gemini-3-pro' }), 'gemini');
  t.equal(providerOf({ 'gen_ai.system': 'constructor' }), 'constructor');
});

const point = (type: string, value: number, second: number, start = 0, more: Attributes = {}) => ({
  attributes: { 'session.id': 's-1', model: 'claude-opus-5', ...(type === '' ? {} : { type }), ...more },
  value,
  start: nanosOf(start),
  end: nanosOf(second),
});
const exported = (second: number, values: readonly number[], temporality = 1, start = 0): Counter[] => {
  const [input = 0, output = 0, cost = 0] = values;
  return [
    {
      name: 'claude_code.token.usage',
      temporality,
      points: [point('input', input, second, start), point('output', output, second, start)],
    },
    { name: 'claude_code.cost.usage', temporality, points: [point('', cost, second, start)] },
  ];
};

test('deltas add up, each export once', async (t) => {
  const first = metricsJson(exported(10, [100, 10, 0.5]));
  const second = metricsJson(exported(20, [200, 20, 0.25]));
  const uses = together(first, second, first);
  t.match(uses, [
    { provider: 'anthropic', isStopgap: true, session: 's-1', costUsd: 0.5, tokens: { input: 100, output: 10 } },
    { costUsd: 0.25, occurredAt: at + 20_000, tokens: { input: 200, output: 20 } },
  ]);
  t.equal(uses.length, 2);
  const atOnce = metricsJson([...exported(10, [100, 10, 0.5]), ...exported(20, [200, 20, 0.25])]);
  t.equal(together(atOnce, second, first).length, 2, 'also where somebody collects them');
  t.equal(together(atOnce).length, 2);
});

test('what a counter has counted since its start is counted once, and again after another start', async (t) => {
  const bodies = [
    exported(10, [100, 10, 0.5], 2),
    exported(20, [300, 30, 0.75], 2),
    exported(30, [7, 1, 0.1], 2, 25),
  ].map((counters) => metricsJson(counters));
  for (const order of [bodies, bodies.toReversed()]) {
    const uses = together(...order);
    t.equal(uses.length, 2);
    t.match(new Set(uses.map((use) => `${totalOf(use.tokens)} ${use.costUsd}`)), new Set(['330 0.75', '8 0.1']));
  }
  const body = metricsJson(exported(10, [100, 10, 0.5], 0));
  t.match(read(body), { observations: [], skipped: { 'unknown-temporality': 3 } });
});

test('counters serve only sessions of which no request is told', async (t) => {
  const counters = metricsJson(exported(10, [100, 10, 0.5]));
  t.match(together(counters, logsJson([claude('req-1')])), [{ request: 'req-1' }]);
  t.equal(together(counters, logsJson([claude('req-1')])).length, 1);
  t.equal(together(counters, logsJson([claude('req-1', { 'session.id': 's-2' })])).length, 2, 'of another session');
  const anonymous = metricsJson([
    { name: 'claude_code.token.usage', points: [{ attributes: { type: 'input' }, value: 5, end: nanosOf(1) }] },
  ]);
  t.equal(together(anonymous, logsJson([claude('req-1')])).length, 1, 'the same agent');
  t.equal(together(anonymous, logsJson([claude('req-1')], { 'agent.id': 'ada' })).length, 2, 'another agent');
});

test('counters by the conventions are one for each part of a response', async (t) => {
  const counter = (name: string, ...values: readonly number[]): Counter => ({
    name: `gen_ai.client.inference.usage.${name}`,
    points: values.map((value, index) => ({
      attributes: {
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-5.5',
        'gen_ai.token.modality': `${index}`,
      },
      value,
      end: nanosOf(1),
    })),
  });
  const counters = [
    counter('input_tokens', 100, 50),
    counter('cache_read.input_tokens', 60),
    counter('cache_write.input_tokens', 20),
    counter('output_tokens', 30),
    counter('reasoning.output_tokens', 10),
  ];
  const uses = together(metricsJson(counters));
  t.match(uses, [
    {
      provider: 'openai',
      model: 'gpt-5.5',
      isStopgap: true,
      tokens: { input: 70, cache_read: 60, cache_write_5m: 20, output: 20, reasoning: 10 },
    },
  ]);
  t.equal(uses.length, 1);
});

test('protobuf says the same as JSON', async (t) => {
  const resource = { 'agent.id': 'ada', 'service.name': 'a' };
  const logs = [claude('req-1', { cost_usd: 0.25, flag: true }), codex('response.completed', codexFigures)];
  const spans = [genAi('msg-1'), genAi(null)];
  const counters = exported(10, [100, 10, 0.5]);
  const pairs = [
    ['logs', logsJson(logs, resource), logsProtobuf(logs, resource)],
    ['traces', tracesJson(spans, resource), tracesProtobuf(spans, resource)],
    ['metrics', metricsJson(counters, resource), metricsProtobuf(counters, resource)],
  ] as const;
  for (const [signal, json, protobuf] of pairs) {
    const expected = read(json).observations;
    t.ok(expected.length > 0);
    t.same(read(protobuf, { signal, headers: { 'content-type': 'application/x-protobuf' } }).observations, expected);
    t.same(read(protobuf, { path: `body-1-v1-${signal}.bin` }).observations, expected, 'by the name of its file');
    t.same(read(protobuf).skipped, { 'unknown-signal': 1 });
  }
});

test('others are let in while a large body is read, which is the same then', async (t) => {
  const logs = Array.from({ length: 2_000 }, (_, i) => claude(`req-${i}`));
  const type = (isJson: boolean) => ({ 'content-type': `application/${isJson ? 'json' : 'x-protobuf'}` });
  for (const body of [logsJson(logs), logsProtobuf(logs)]) {
    const context = { at, path: null, signal: 'logs', headers: type(typeof body === 'string') } as const;
    const steps = otlp.inSteps?.(Buffer.from(body as string), context);
    let count = 0;
    let step = steps?.next();
    for (; step?.done === false; step = steps?.next()) count += 1;
    t.ok(count >= (typeof body === 'string' ? 7 : 14), `${count} steps`);
    t.equal(usesIn(step?.value?.observations ?? []).length, 2_000);
    t.same(step?.value, read(body, context));
  }
});

test('a body that is neither says so', async (t) => {
  t.same(read('{"resourceLogs":[').skipped, { 'not-json': 1 });
  const cut = logsProtobuf([claude('req-1')]).subarray(0, -3);
  t.same(read(cut, { signal: 'logs' }).skipped, { 'not-protobuf': 1 });
  const groups = Buffer.alloc(20_000, 0x0b);
  t.same(read(groups, { signal: 'logs', path: 'a.bin' }).skipped, { 'not-protobuf': 1 }, 'groups inside of groups');
  let value = encoded([1, 'deep']);
  for (let depth = 0; depth < 2_000; depth += 1) value = encoded([5, encoded([1, value])]);
  const deep = encoded([1, encoded([2, encoded([2, encoded([5, value])])])]);
  t.same(read(deep, { signal: 'logs' }), { observations: [], skipped: {}, refused: null, consumed: deep.length });
  const nested = `${'{"arrayValue":{"values":['.repeat(20_000)}${']}}'.repeat(20_000)}`;
  const json = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${nested}}]}]}]}`;
  t.same(read(json), { observations: [], skipped: {}, refused: null, consumed: json.length });
  t.same(
    read(Buffer.alloc(2_100_000, '\u000a\u0000'), { signal: 'logs' }).skipped,
    { 'not-protobuf': 1 },
    'too many messages',
  );
});

test('a body with credentials in it is refused whole', async (t) => {
  const logs = [claude('req-1', { note: 'accessToken' })];
  for (const [body, signal] of [
    [logsJson(logs), undefined],
    [logsProtobuf(logs), 'logs'],
  ] as const) {
    const { observations, refused } = read(body, { signal });
    t.same(observations, []);
    t.match(refused, /token/);
  }
});

test('files of a folder are taken by the signal in their names', async (t) => {
  const taken = ['a/otlp-001-v1-logs.json', '02-v1-metrics.bin', 'v1-traces.json'];
  t.same(taken.map(otlp.accepts), [true, true, true]);
  t.same(['index.json', 'v1-logs.txt', 'v1-logsheet.json'].map(otlp.accepts), [false, false, false]);
});
