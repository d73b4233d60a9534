/** Goal: whatever Codex has written of a response, in whichever file and how often, it counts once. */
import { test } from 'tap';
import { totalOf } from '../../src/events/meter.js';
import { codexRollout } from '../../src/sources/codex-rollout.js';
import { combined } from '../../src/sources/combine.js';
import type { Observation, ReadContext, UseSeen } from '../../src/sources/source.js';

const at = Date.UTC(2026, 1, 3, 12);
const timeOf = (second: number) => new Date(at + second * 1_000).toISOString();

type Line = Readonly<Record<string, unknown>>;
/** input, of it cached, output, of it reasoning */
type Counts = readonly [number, number, number, number];

const usageOf = ([input, cached, output, reasoning]: Counts) => ({
  input_tokens: input,
  cached_input_tokens: cached,
  output_tokens: output,
  reasoning_output_tokens: reasoning,
  total_tokens: input + output,
});
const meta = (id: string, parent: string | null = null): Line => ({
  timestamp: timeOf(0),
  type: 'session_meta',
  payload: { id, forked_from_id: parent, cwd: '/srv/a', originator: 'codex_exec', cli_version: '0.171.0' },
});
const model = (name: string): Line => ({ timestamp: timeOf(0), type: 'turn_context', payload: { model: name } });
const record = (second: number, response: string | null, usage: Counts, more: Line = {}): Line => ({
  timestamp: timeOf(second),
  type: 'token_usage_record',
  payload: { thread_id: 'a', turn_id: 't', response_id: response, usage: usageOf(usage), ...more },
});
const count = (second: number, total: Counts, last: Counts | null = null, more: Line = {}): Line => ({
  timestamp: timeOf(second),
  type: 'event_msg',
  payload: {
    type: 'token_count',
    info: { total_token_usage: usageOf(total), last_token_usage: last && usageOf(last) },
    ...more,
  },
});
const limitsOnly = (second: number, rateLimits: unknown): Line => ({
  timestamp: timeOf(second),
  type: 'event_msg',
  payload: { type: 'token_count', info: null, rate_limits: rateLimits },
});

const textOf = (lines: readonly Line[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
const readText = (text: string, context: Partial<ReadContext> = {}) =>
  codexRollout.read(Buffer.from(text), { at, path: 'rollout.jsonl', ...context });
const read = (lines: readonly Line[], context: Partial<ReadContext> = {}) => readText(textOf(lines), context);

const usesOf = (observations: readonly Observation[]) =>
  observations.filter((one): one is UseSeen => one.kind === 'use');
/** The uses of several files, one a response. */
const together = (...files: readonly (readonly Line[])[]) =>
  usesOf(combined(codexRollout.combine?.(files.flatMap((lines) => read(lines).observations)) ?? []));
const sizes = (uses: readonly UseSeen[]) => uses.map((use) => totalOf(use.tokens));

test('a response is told by its record, with the model of the turn before it', async (t) => {
  const [use, next] = usesOf(
    read([meta('a'), model('m-1'), record(1, 'r1', [100, 60, 30, 10]), model('m-2'), record(2, 'r2', [7, 0, 1, 0])])
      .observations,
  );
  t.match(use, {
    provider: 'openai',
    response: 'r1',
    session: 'a',
    sessionIsCertain: true,
    model: 'm-1',
    occurredAt: at + 1_000,
    rank: 'final',
    tokens: { input: 40, cache_read: 60, output: 20, reasoning: 10 },
    place: { cwd: '/srv/a', entrypoint: 'codex_exec', clientVersion: '0.171.0' },
  });
  t.match(next, { response: 'r2', model: 'm-2' });
});

test('what is written to the cache is inside the input', async (t) => {
  const usage = { input_tokens: 100, cached_input_tokens: 60, cache_write_input_tokens: 15, output_tokens: 1 };
  const [use] = usesOf(read([record(1, 'r1', [0, 0, 0, 0], { usage })]).observations);
  t.match(use?.tokens, { input: 25, cache_read: 60, cache_write_5m: 15, output: 1 });
});

test('the running total beside a record counts nothing, in whichever order they are written', async (t) => {
  const first = [record(1, 'r1', [10, 0, 1, 0]), count(1, [10, 0, 1, 0])];
  const second = [record(2, 'r2', [20, 0, 2, 0]), count(2, [30, 0, 3, 0])];
  t.same(sizes(together([meta('a'), ...first, ...second])), [11, 22]);
  t.same(sizes(together([meta('a'), ...first.toReversed(), ...second.toReversed()])), [11, 22]);
});

test('a record that says where its thread stands is not taken for the response before it', async (t) => {
  const after = (total: Counts) => ({ thread_token_usage: usageOf(total) });
  const old = [meta('a'), count(1, [10, 0, 1, 0])];
  t.same(sizes(together([...old, record(2, 'r2', [10, 0, 1, 0], after([20, 0, 2, 0]))])), [11, 11], 'a new one');
  t.same(sizes(together([...old, record(2, 'r1', [10, 0, 1, 0], after([10, 0, 1, 0]))])), [11], 'the same');
});

test('the running total stands in for a record that was damaged', async (t) => {
  const lines = [record(1, 'r1', [10, 0, 1, 0]), count(1, [10, 0, 1, 0]), record(2, 'r2', [20, 0, 2, 0])];
  const text = `${textOf(lines).slice(0, -9)}\n${textOf([count(2, [30, 0, 3, 0])])}`;
  const { observations, skipped } = readText(text);
  t.same([sizes(usesOf(observations)), skipped], [[11, 22], { 'not-json': 1 }]);
});

test('of older clients a response is what the running total grew by', async (t) => {
  const uses = together([
    meta('a'),
    count(1, [10, 4, 3, 1], [10, 4, 3, 1]),
    count(2, [10, 4, 3, 1], [10, 4, 3, 1]),
    count(3, [30, 9, 5, 2], [999, 0, 0, 0]),
  ]);
  t.match(
    uses.map((use) => use.tokens),
    [
      { input: 6, cache_read: 4, output: 2, reasoning: 1 },
      { input: 15, cache_read: 5, output: 1, reasoning: 1 },
    ],
    'the last usage is repeated while the total stands still',
  );
  t.match(uses, [{ occurredAt: at + 1_000 }, { occurredAt: at + 3_000 }]);
});

test('a running total that falls begins again', async (t) => {
  const begun = [count(1, [50, 0, 5, 0], [50, 0, 5, 0])];
  t.same(sizes(together([...begun, count(2, [20, 0, 2, 0], [20, 0, 2, 0])])), [55, 22]);
  t.same(sizes(together([...begun, count(2, [20, 0, 2, 0], [7, 0, 1, 0])])), [55, 8], 'it did not begin at nothing');
  t.same(sizes(together([...begun, count(2, [20, 0, 2, 0])])), [55, 22], 'nothing is known of the last');
});

test('a new fork copies nothing, and its totals go on from those of its parent', async (t) => {
  const parent = [meta('p'), count(1, [100, 0, 10, 0], [100, 0, 10, 0])];
  const child = [meta('a', 'p'), count(5, [107, 0, 11, 0], [7, 0, 1, 0]), count(6, [115, 0, 12, 0], [8, 0, 1, 0])];
  const uses = together(parent, child);
  t.same(sizes(uses), [110, 8, 9]);
  t.same(
    uses.map((use) => [use.session, use.sessionIsCertain]),
    [
      ['p', true],
      ['a', true],
      ['a', true],
    ],
  );
  const sibling = [meta('b', 'p'), ...child.slice(1)];
  t.same(sizes(together(parent, child, sibling)), [110, 8, 9, 8, 9], 'siblings that use the same use it twice');
  const withRecords = [meta('a', 'p'), record(5, 'r1', [7, 0, 1, 0]), count(5, [107, 0, 11, 0], [7, 0, 1, 0])];
  t.same(sizes(together(parent, withRecords)), [110, 8]);
});

const prefix = (second: number) => [
  count(second, [10, 0, 1, 0], [10, 0, 1, 0]),
  count(second + 1, [30, 0, 3, 0], [20, 0, 2, 0]),
];

test('what an old fork copies from its parent counts once, for the parent', async (t) => {
  const parent = [meta('p'), ...prefix(1), count(9, [35, 0, 4, 0])];
  const child = [meta('a', 'p'), ...prefix(100), count(109, [70, 0, 7, 0])];
  for (const files of [
    [parent, child],
    [child, parent],
  ]) {
    const uses = together(...files);
    const of = (session: string) => sizes(uses.filter((use) => use.session === session)).toSorted((a, b) => a - b);
    t.same([of('p'), of('a')], [[6, 11, 22], [44]]);
    t.same(
      uses.filter((use) => use.session === 'p').map((use) => use.occurredAt - at),
      [1_000, 2_000, 9_000],
      'at the times of the parent',
    );
  }
});

test('siblings whose parent is gone share what they copied', async (t) => {
  const uses = together(
    [meta('a', 'p'), ...prefix(100), count(109, [70, 0, 7, 0])],
    [meta('b', 'p'), ...prefix(50), count(59, [31, 0, 4, 0]), count(60, [70, 0, 7, 0])],
  );
  t.same(
    uses.map((use) => [use.session, totalOf(use.tokens)]),
    [
      ['b', 11],
      ['b', 22],
      ['a', 44],
      ['b', 2],
      ['b', 42],
    ],
    'the same total after another one is another response',
  );
});

test('threads that are no relatives share nothing', async (t) => {
  t.same(sizes(together([meta('a'), ...prefix(1)], [meta('b'), ...prefix(1)])), [11, 22, 11, 22]);
  const named = (digit: string) =>
    read(prefix(1), { path: `2026/02/03/rollout-x-0000000${digit}-0000-4000-8000-000000000000.jsonl` }).observations;
  const uses = usesOf(combined([...named('1'), ...named('2')]));
  t.same(sizes(uses), [11, 22, 11, 22], 'the name of the file says which thread it is');
  t.equal(uses[0]?.session, '00000001-0000-4000-8000-000000000000');
});

test('the fork of a fork shares with both', async (t) => {
  const parent = [meta('p'), ...prefix(1)];
  const child = [meta('c', 'p'), ...prefix(100), count(109, [70, 0, 7, 0])];
  const grandchild = [...prefix(200), count(209, [70, 0, 7, 0]), count(210, [80, 0, 8, 0])];
  t.same(sizes(together(parent, child, [meta('g', 'c'), ...grandchild])), [11, 22, 44, 11]);
  const copied = [meta('g', 'c'), meta('c', 'p'), meta('p'), ...grandchild];
  t.same(sizes(together(parent, copied)), [11, 22, 44, 11], 'by the lines that were copied, without the file between');
  t.equal(together(copied)[0]?.session, 'g', 'whose thread it is, its first line says');
  t.same(sizes(together([meta('a', 'b'), ...prefix(1)], [meta('b', 'a'), ...prefix(1)])).length > 0, true, 'a circle');
});

test('rate limits are readings', async (t) => {
  const reset = at / 1_000 + 3_600;
  const { observations } = read([
    meta('a'),
    limitsOnly(7, {
      limit_id: 'codex',
      primary: { used_percent: 12.345, window_minutes: 300, resets_at: reset },
      secondary: { used_percent: 100, window_minutes: 10_080, resets_in_seconds: 60 },
    }),
    limitsOnly(8, {
      limit_id: 'other',
      limit_name: 'Other',
      primary: { used_percent: 1_770_000_000, window_minutes: 5 },
    }),
    limitsOnly(9, { limit_id: 'codex', primary: { used_percent: 0, window_minutes: 0, resets_at: null } }),
    limitsOnly(9, { primary: { used_percent: 0, window_minutes: 15 } }),
    limitsOnly(10, { primary: { used_percent: 3, window_minutes: 1e300 } }),
    limitsOnly(11, { limit_id: 'codex-Spark', primary: { used_percent: 4, window_minutes: 300 } }),
    limitsOnly(12, null),
  ]);
  t.match(observations, [
    {
      kind: 'quota',
      measuredAt: at + 7_000,
      windows: [
        { key: 'codex_300m', percentBp: 1_235, resetsAt: reset * 1_000, durationS: 18_000, exhausted: undefined },
        { key: 'codex_10080m', percentBp: 10_000, resetsAt: at + 67_000, exhausted: true },
      ],
    },
    { windows: [{ key: 'other_5m', label: 'Other', percentBp: null, rejected: true }] },
    { windows: [{ key: 'codex_15m', percentBp: 0, resetsAt: null }] },
    { windows: [{ key: 'codex_primary', percentBp: 300, durationS: undefined }] },
    { windows: [{ key: 'codex_spark_300m', percentBp: 400 }] },
  ]);
  t.equal(observations.length, 5, '0 % of 0 minutes without a reset is no data');
});

test('codex exec tells running totals of its thread', async (t) => {
  const { observations, skipped } = read([
    { type: 'turn.completed', usage: usageOf([1, 0, 1, 0]) },
    { type: 'thread.started', thread_id: 'a' },
    { type: 'item.completed', item: { type: 'agent_message', text: 'turn.completed' } },
    { type: 'turn.completed', usage: usageOf([10, 4, 3, 1]) },
    { type: 'turn.completed', usage: usageOf([20, 9, 5, 2]) },
  ]);
  t.match(observations, [
    { kind: 'total', session: 'a', costUsd: null, tokens: { input: 6, cache_read: 4, output: 2, reasoning: 1 } },
    { kind: 'total', session: 'a', tokens: { input: 11, cache_read: 9, output: 3, reasoning: 2 } },
  ]);
  t.same(skipped, { 'no-session': 1 });
});

test('a file that is read in parts is the same as in one', async (t) => {
  const text = textOf([
    meta('a', 'p'),
    model('m-1'),
    ...prefix(1),
    limitsOnly(3, { primary: { used_percent: 5, window_minutes: 300 } }),
    record(4, 'r1', [5, 0, 1, 0]),
    count(4, [35, 0, 4, 0]),
    count(5, [40, 0, 5, 0]),
  ]);
  const whole = readText(text).observations;
  t.equal(whole.length, 5);
  for (let cut = 0; cut <= text.length; cut += 7) {
    const first = readText(text.slice(0, cut), { mayGrow: true });
    const state = JSON.parse(JSON.stringify(first.state));
    const second = readText(text.slice(first.consumed), { state });
    t.same([...first.observations, ...second.observations], whole, `cut at ${cut}`);
  }
});

test('what cannot be used is counted, and the rest is read', async (t) => {
  const { observations, skipped } = readText(
    [
      '{"type":"token_usage_record","payload":{"usage":{"input_tokens":-1}}}',
      '{"type":"token_usage_record","payload":{"usage":{"input_tokens":9007199254740993}}}',
      '{"type":"token_usage_record","payload":null}',
      '{"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":7}}}',
      '{"type":"event_msg","payload":{"type":"token_count"',
      '{"type":"response_item","payload":{"text":"no use"}',
      '{"type":"token_usage_record","payload":{"usage":{"input_tokens":"3"}}}',
      '{"type":"token_usage_record","payload":{"usage":{"input_tokens":"3"}}}',
    ].join('\n'),
  );
  t.same(skipped, { 'not-a-count': 1, 'count-too-large': 1, 'no-counts': 2, 'not-json': 1 });
  t.match(usesOf(observations), [{ tokens: { input: 3 }, occurredAt: at, model: null, session: null }, {}]);
  t.equal(combined(observations).length, 1, 'a record without an id is known by all that it says');
});

test('files of a folder are taken by their ending', async (t) => {
  t.same(['2026/02/03/rollout-1.jsonl', 'a.JSONL', 'config.toml'].map(codexRollout.accepts), [true, true, false]);
});
