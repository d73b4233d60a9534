/**
 * Goal: no file and no body, however damaged, breaks a reader of session files or telemetry, or makes it say a count that nobody can
 * add up.
 */
import fc from 'fast-check';
import { test } from 'tap';
import { previewBody } from '../../src/cli/sources/body.js';
import { PriceBook } from '../../src/prices/book.js';
import { codexRollout } from '../../src/sources/codex-rollout.js';
import { combined } from '../../src/sources/combine.js';
import { geminiChat } from '../../src/sources/gemini-chat.js';
import { otlp } from '../../src/sources/otlp.js';
import type { ReadContext, Source } from '../../src/sources/source.js';
import {
  type Log,
  logsJson,
  logsProtobuf,
  metricsJson,
  metricsProtobuf,
  tracesJson,
  tracesProtobuf,
} from '../support/otlp.js';

const book = new PriceBook();

const runs = Number(process.env.FUZZ_RUNS ?? 1_500);
const seed = Number(process.env.SEED ?? 4_711);
const at = Date.UTC(2026, 1, 3, 12);

const lines = (...all: readonly unknown[]) => all.map((line) => `${JSON.stringify(line)}\n`).join('');
const usage = { input_tokens: 100, cached_input_tokens: 60, output_tokens: 30, reasoning_output_tokens: 10 };
const timestamp = '2026-02-03T12:00:00.000Z';
const rollout = lines(
  { timestamp, type: 'session_meta', payload: { id: 'a', forked_from_id: 'p', cwd: '/srv/a' } },
  { timestamp, type: 'turn_context', payload: { model: 'm' } },
  {
    timestamp,
    type: 'event_msg',
    payload: { type: 'token_count', info: { total_token_usage: usage, last_token_usage: usage } },
  },
  {
    timestamp,
    type: 'event_msg',
    payload: {
      type: 'token_count',
      rate_limits: { primary: { used_percent: 5, window_minutes: 300, resets_at: 1_770_124_000 } },
    },
  },
  { timestamp, type: 'token_usage_record', payload: { thread_id: 'a', turn_id: 't', response_id: 'r', usage } },
  { type: 'thread.started', thread_id: 'b' },
  { type: 'turn.completed', usage },
);
const message = {
  id: 'm1',
  timestamp,
  type: 'gemini',
  model: 'm',
  tokens: { input: 9, output: 3, cached: 4, thoughts: 2, tool: 1 },
};
const chat = lines({ sessionId: 's' }, message, { $set: { messages: [message] } });

const logs: readonly Log[] = [
  {
    body: 'claude_code.api_request',
    time: `${at}000000`,
    attributes: { request_id: 'r', input_tokens: { int: 7 }, cost_usd: 0.5 },
  },
  { attributes: { 'event.name': 'codex.sse_event', 'event.kind': 'response.completed', input_token_count: '9' } },
  { attributes: { 'event.name': 'gemini_cli.api_response', input_token_count: 9 } },
];
const spans = [
  { trace: 'ab', span: 'cd', end: `${at}000000`, attributes: { 'gen_ai.usage.input_tokens': { int: 9 } } },
];
const counters = [
  { name: 'claude_code.token.usage', points: [{ attributes: { type: 'input' }, value: 5, end: `${at}000000` }] },
  {
    name: 'gen_ai.client.inference.usage.input_tokens',
    temporality: 2,
    points: [{ attributes: {}, value: { int: 5 } }],
  },
];

type Sample = readonly [source: Source, sample: string | Uint8Array, context?: Partial<ReadContext>];
const samples: readonly Sample[] = [
  [codexRollout, rollout, { path: 'rollout.jsonl' }],
  [geminiChat, chat, { path: 'session-1.jsonl' }],
  [geminiChat, JSON.stringify({ sessionId: 's', messages: [message] })],
  [otlp, logsJson(logs)],
  [otlp, metricsJson(counters)],
  [otlp, tracesJson(spans)],
  [otlp, logsProtobuf(logs), { signal: 'logs' }],
  [otlp, metricsProtobuf(counters), { signal: 'metrics' }],
  [otlp, tracesProtobuf(spans), { signal: 'traces' }],
];

/** What damages JSON and lines in particular. */
const splinters = [
  '-1',
  '1.5',
  '253402300800000',
  '\n',
  '"',
  '{',
  '[',
  '0',
  '-',
  '9'.repeat(30),
  '1e999',
  '1e308',
  'null',
  '\0',
  '\ud800',
  '"__proto__":',
  '2026-13-45',
];
interface Damage {
  readonly at: number;
  readonly cut: number;
  readonly put: Uint8Array;
  /** Whether the next number is replaced, instead of bytes in between. */
  readonly isOfNumber: boolean;
}
const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(12),
  isOfNumber: fc.boolean(),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.constantFrom(...splinters).map((text) => Buffer.from(text)),
  ),
});
const damaged = (sample: Uint8Array, damages: readonly Damage[]): Buffer =>
  damages.reduce((bytes, { at: where, cut, put, isOfNumber }) => {
    const from = Math.floor(where * bytes.length);
    const number = isOfNumber ? /\d+/.exec(bytes.toString('latin1').slice(from)) : null;
    const start = from + (number?.index ?? 0);
    const length = number?.[0].length ?? cut;
    return Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + length)]);
  }, Buffer.from(sample));

/** Reads in one piece, or as a file that has grown, and says what is wrong with what was read. */
function faultsOf(source: Source, input: Uint8Array, more: Partial<ReadContext>, cut: number): string[] {
  const context = { at, path: null, ...more };
  const results = [];
  if (source.unit === 'lines') {
    const first = source.read(input.subarray(0, cut), { ...context, mayGrow: true });
    const state: unknown = JSON.parse(JSON.stringify(first.state));
    results.push(first, source.read(input.subarray(first.consumed), { ...context, state }));
  } else results.push(source.read(input, context));
  const observations = results.flatMap((result) => result.observations);
  const all = combined(source.combine?.(observations) ?? observations);
  const numbers = all.flatMap((one) =>
    one.kind === 'quota'
      ? one.windows.map((window) => window.durationS ?? 0)
      : 'costUsd' in one
        ? [one.costUsd ?? 0]
        : [],
  );
  const body = previewBody(source.format, { observations: all, skipped: {}, refused: null }, book);
  const counts = [...observations, ...all].flatMap((one) => ('tokens' in one ? Object.values(one.tokens ?? {}) : []));
  return [
    ...counts.filter((count) => !Number.isSafeInteger(count) || count < 0).map((count) => `count ${count}`),
    ...results.flatMap(({ skipped }) => Object.keys(skipped)).filter((reason) => !/^[a-z]+(-[a-z]+)*$/.test(reason)),
    ...numbers.filter((number) => !Number.isFinite(number) || number < 0).map((number) => `number ${number}`),
    ...(JSON.stringify(body) === '' ? ['no body'] : []),
    ...results.filter(({ consumed }) => !(consumed >= 0 && consumed <= input.length)).map(() => 'consumed'),
  ];
}

test('samples that are whole are read', async (t) => {
  for (const [source, sample, context] of samples) {
    const { observations } = source.read(Buffer.from(sample as string), { at, path: null, ...context });
    t.ok(observations.length > 0, source.format);
  }
});

test('damaged samples', async () => {
  for (const [source, sample, context = {}] of samples) {
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), fc.nat(400), (damages, cut) => {
        const faults = faultsOf(source, damaged(Buffer.from(sample as string), damages), context, cut);
        if (faults.length > 0) throw new Error(faults.join(', '));
      }),
      { numRuns: runs, seed },
    );
  }
});

test('random bytes', async () => {
  for (const [source, , context = {}] of samples) {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
        const faults = faultsOf(source, bytes, context, cut);
        if (faults.length > 0) throw new Error(faults.join(', '));
      }),
      { numRuns: runs, seed },
    );
  }
});
