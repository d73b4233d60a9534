/** Goal: of a transcript each response counts once, with its last figures, and nothing that people wrote comes out of it. */
import t, { type Test } from 'tap';
import { claudeTranscript } from '../../src/sources/claude-transcript.js';
import { combined } from '../../src/sources/combine.js';
import { keyOf, type Observation, type QuotaSeen, type UseSeen } from '../../src/sources/source.js';
import { claudeLine, type Line, type LineParts, textOf, wrappedLine } from '../support/claude-lines.js';

const at = Date.parse('2026-11-28T12:00:00Z');

function read(...lines: readonly (Line | string)[]) {
  const result = claudeTranscript.read(Buffer.from(textOf(...lines)), { at, path: 'a.jsonl' });
  const observations = combined(result.observations);
  const of = <T extends Observation>(kind: T['kind']) => observations.filter((one): one is T => one.kind === kind);
  return { ...result, uses: of<UseSeen>('use'), readings: of<QuotaSeen>('quota') };
}

function showsNothing(t: Test, line: Line | string, message: string): void {
  const { uses, readings, skipped } = read(line);
  t.strictSame([uses, readings, skipped], [[], [], {}], message);
}

const one = (parts: LineParts = {}): UseSeen | undefined => read(claudeLine(parts)).uses[0];
const skippedOf = (parts: LineParts) => read(claudeLine(parts)).skipped;

t.test('a line says what was used, when, by what, and where', async (t) => {
  t.strictSame(one({ usage: { speed: 'standard', service_tier: 'standard', inference_geo: 'us' } }), {
    kind: 'use',
    provider: 'anthropic',
    response: 'msg_1',
    request: 'req_1',
    part: null,
    sidechain: false,
    ownKey: null,
    rank: 'final',
    tokens: { input: 10, cache_read: 100, cache_write_5m: 0, cache_write_1h: 0, output: 5, reasoning: 0 },
    saysSpeed: true,
    occurredAt: Date.parse('2026-11-28T10:00:00Z'),
    session: 's1',
    sessionIsCertain: false,
    model: 'claude-opus-5',
    costUsd: null,
    pricing: { speed: 'normal', geo: 'us', tier: 'standard', webSearches: undefined },
    place: { cwd: '/srv/p1', entrypoint: 'cli', clientVersion: '2.1.332' },
  });
  const fast = one({ usage: { speed: 'fast', server_tool_use: { web_search_requests: 2 } }, line: { costUSD: 0.25 } });
  t.match(fast, { pricing: { speed: 'fast', webSearches: 2 }, costUsd: 0.25 });
  t.equal(one({ line: { costUSD: -1 } })?.costUsd, null);
  t.equal(one({ line: { cwd: '/srv/größe' } })?.place.cwd, '/srv/größe', 'whatever the letters of its path');
});

t.test('a response is seen whatever stands before its type', async (t) => {
  const id = (id: string) => claudeLine({ message: { id }, line: { requestId: id } });
  const lines = [
    { note: '{"type":"user","note":["type":"user"', ...id('msg_1') },
    { origin: { type: 'user' }, ...id('msg_2') },
    { tags: [{ type: 'user' }], ...id('msg_3') },
  ];
  t.strictSame(
    read(...lines).uses.map(({ response }) => response),
    ['msg_1', 'msg_2', 'msg_3'],
  );
});

t.test('buckets are disjoint', async (t) => {
  t.match(one({ usage: { output_tokens: 50, output_tokens_details: { thinking_tokens: 20 } } })?.tokens, {
    output: 30,
    reasoning: 20,
  });
  t.match(one({ usage: { output_tokens: 5, output_tokens_details: { thinking_tokens: 20 } } })?.tokens, {
    output: 0,
    reasoning: 5,
  });
  const flat = { cache_creation_input_tokens: 70 };
  t.match(one({ usage: flat })?.tokens, { cache_write_5m: 70, cache_write_1h: 0 });
  t.match(one({ usage: { ...flat, cache_creation: null } })?.tokens, { cache_write_5m: 70, cache_write_1h: 0 });
  const parts = { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 41 };
  t.match(one({ usage: { ...flat, cache_creation: parts } })?.tokens, { cache_write_5m: 30, cache_write_1h: 41 });
  t.match(one({ usage: { ...flat, cache_creation: {} } })?.tokens, { cache_write_5m: 0, cache_write_1h: 0 });
});

t.test('counts are whole numbers, also as text; others are left out with a reason', async (t) => {
  t.equal(one({ usage: { input_tokens: '12' } })?.tokens.input, 12);
  t.equal(one({ usage: { output_tokens: undefined } })?.tokens.output, 0);
  for (const wrong of [-1, 1.5, '1.5', ' 1', {}, [], true])
    t.strictSame(skippedOf({ usage: { input_tokens: wrong } }), { 'not-a-count': 1 }, JSON.stringify(wrong));
  for (const wrong of [2 ** 53, '9007199254740993', 1e300])
    t.strictSame(skippedOf({ usage: { output_tokens: wrong } }), { 'count-too-large': 1 }, String(wrong));
  const thinking = { output_tokens_details: { thinking_tokens: 2 ** 53 } };
  t.strictSame(skippedOf({ usage: thinking }), { 'count-too-large': 1 });
  const largest = Number.MAX_SAFE_INTEGER;
  t.strictSame(skippedOf({ usage: { input_tokens: largest, output_tokens: largest } }), { 'count-too-large': 1 });
  t.strictSame(skippedOf({ usage: { input_tokens: undefined, output_tokens: undefined } }), { 'no-usage': 1 });
});

t.test('lines that are no response, or a broken one, are not counted', async (t) => {
  for (const empty of [null, '', 5]) {
    t.strictSame(skippedOf({ message: { id: empty } }), { 'empty-field': 1 });
    t.strictSame(skippedOf({ message: { model: empty } }), { 'empty-field': 1 });
    t.strictSame(skippedOf({ line: { sessionId: empty } }), { 'empty-field': 1 });
    t.strictSame(skippedOf({ line: { requestId: empty } }), { 'empty-field': 1 });
    t.strictSame(skippedOf({ line: { version: empty } }), { 'not-a-version': 1 });
  }
  for (const empty of [null, '']) {
    t.strictSame(skippedOf({ usage: { cache_read_input_tokens: empty } }), { 'empty-field': 1 });
    t.strictSame(skippedOf({ usage: { cache_creation_input_tokens: empty } }), { 'empty-field': 1 });
  }
  t.strictSame(skippedOf({ line: { version: 'two' } }), { 'not-a-version': 1 });
  t.strictSame(skippedOf({ line: { timestamp: 'yesterday' } }), { 'no-timestamp': 1 });
  t.strictSame(skippedOf({ message: { usage: null } }), { 'no-usage': 1 });
  t.strictSame(skippedOf({ message: { model: '<synthetic>' } }), { synthetic: 1 });
  t.strictSame(read('{"type":"assistant", cut').skipped, { 'not-json': 1 });
  const others = [
    { type: 'cost-state', totalCostUSD: 1, modelUsage: { m: { inputTokens: 5 } } },
    { ...claudeLine(), type: 'user', toolUseResult: { usage: { input_tokens: 9 } } },
    { ...wrappedLine(), data: { type: 'agent_progress', message: { type: 'user', message: {} } } },
  ];
  for (const other of [...others, '', 'null', '["assistant"]', '{"a":"assistant"}'])
    showsNothing(t, other, JSON.stringify(other).slice(0, 60));
});

t.test('what is left out altogether does not stop a line from counting', async (t) => {
  const bare = one({ line: { version: undefined, sessionId: undefined, requestId: undefined } });
  t.match(bare, { session: null, request: null, response: 'msg_1' });
  t.equal(one({ message: { model: undefined } })?.model, null);
});

t.test('the blocks of one response are one use', async (t) => {
  const { uses } = read(claudeLine(), claudeLine({ line: { uuid: 'u2', timestamp: '2026-11-28T10:00:01.000Z' } }));
  t.match(uses, [{ occurredAt: Date.parse('2026-11-28T10:00:00Z') }]);
  t.equal(uses.length, 1);
});

t.test('a line that says the same as the one before is not told again, one that says anything else is', async (t) => {
  const told = (...lines: readonly Line[]) =>
    claudeTranscript.read(Buffer.from(textOf(...lines)), { at, path: 'a.jsonl' }).observations.length;
  t.equal(told(claudeLine(), claudeLine({ line: { uuid: 'u2', cwd: '/srv' }, message: { content: [] } })), 1);
  const others: Readonly<Record<string, LineParts>> = {
    request: { line: { requestId: 'req_2' } },
    sidechain: { line: { isSidechain: true } },
    rank: { line: { version: '2.0.0' }, message: { stop_reason: null } },
    speed: { usage: { speed: 'standard' } },
    session: { line: { sessionId: 's2' } },
    origin: { line: { requestSessionId: 's1' } },
    model: { message: { model: 'm' } },
    output: { usage: { output_tokens: 6 } },
    cost: { line: { costUSD: 0.1 } },
    call: { usage: { iterations: [call('message', 10)] } },
    id: { message: { id: undefined } },
  };
  for (const [name, parts] of Object.entries(others)) t.equal(told(claudeLine(), claudeLine(parts)), 2, name);
  const idless = claudeLine({ message: { id: undefined } });
  t.equal(told(idless, idless), 2);
  const usage = { input_tokens: 7, output_tokens: 1, cache_read_input_tokens: 0 };
  const advised = claudeLine({ usage: { iterations: [call('advisor_message', 7, { model: 'claude-opus-5' })] } });
  t.equal(told(advised, claudeLine({ usage })), 3, 'the one before is the response, not its parts');
});

t.test('each response has its own place and pricing, however like the one before it is', async (t) => {
  const likes: readonly LineParts[] = [
    {},
    { line: { cwd: '/srv/p2' } },
    { line: { entrypoint: 'sdk-cli' } },
    { line: { version: '2.1.331' } },
    { usage: { speed: 'fast' } },
    { usage: { inference_geo: 'us' } },
    { usage: { service_tier: 'batch' } },
    { usage: { server_tool_use: { web_search_requests: 1 } } },
  ];
  const line = (parts: LineParts, id: string) => claudeLine({ ...parts, message: { id } });
  for (const parts of likes) {
    const [, use] = read(line({}, 'msg_1'), line(parts, 'msg_2')).uses;
    const alone = one({ ...parts, message: { id: 'msg_2' } });
    t.strictSame([use?.place, use?.pricing], [alone?.place, alone?.pricing]);
  }
});

t.test('placeholders count until the figures are there', async (t) => {
  const early = { stop_reason: null };
  const rank = (version: string | undefined, message: Line) => one({ message, line: { version } })?.rank;
  t.equal(rank('2.1.97', early), 'estimated');
  t.equal(rank('1.9.999', early), 'estimated');
  t.equal(rank(undefined, early), 'estimated');
  t.equal(rank('2.1.97', {}), 'final');
  t.equal(rank('2.1.98', early), 'final');
  t.equal(rank('2.2.0', early), 'final');
  t.equal(rank('3.0.0', early), 'final');
  const line = { version: '2.0.0' };
  const placeholder = claudeLine({ message: early, usage: { input_tokens: 90 }, line });
  t.match(read(placeholder, claudeLine({ line })).uses, [{ rank: 'final', tokens: { input: 10 } }]);
  t.match(read(claudeLine({ line }), placeholder).uses, [{ rank: 'final', tokens: { input: 10 } }]);
});

t.test('a fork repeats its parent, to which it belongs', async (t) => {
  const copy = claudeLine({ line: { sessionId: 's2', requestSessionId: 's1' } });
  t.match(read(copy).uses, [{ session: 's1', sessionIsCertain: true }]);
  const later = { sessionId: 's2', timestamp: '2026-11-28T11:00:00.000Z' };
  t.match(read(claudeLine({ line: later }), claudeLine()).uses, [{ session: 's1' }], 'where nothing says so, by time');
});

t.test('a side question repeats responses under requests of its own', async (t) => {
  const replay = claudeLine({ line: { isSidechain: true, requestId: 'req_2' } });
  t.match(read(replay, claudeLine()).uses, [{ request: 'req_1', sidechain: false }]);
  t.equal(read(replay, claudeLine()).uses.length, 1);
});

t.test('the old wrapper of sub-agents', async (t) => {
  const { uses } = read(wrappedLine());
  t.match(uses, [{ response: 'msg_1', request: 'req_1', session: 's1', sidechain: true, tokens: { input: 10 } }]);
  t.match(uses, [{ place: { cwd: '/srv/p1', clientVersion: '2.1.332' } }]);
  t.equal(
    read(wrappedLine(), claudeLine({ line: { isSidechain: true } })).uses.length,
    1,
    'is also in a file of its own',
  );
  t.equal(
    read(wrappedLine({ line: { type: undefined }, message: { role: undefined } })).uses.length,
    1,
    'also without a type of its own',
  );
  showsNothing(t, wrappedLine({ line: { type: 'system' } }), 'a wrapper of something else');
  const data = { ...(wrappedLine().data as Line), type: 'hook_progress' };
  showsNothing(t, { ...wrappedLine(), data }, 'another wrapper');
});

t.test('a line without an id of the response counts, once with its copies', async (t) => {
  const idless = (uuid?: string, more: Line = {}) =>
    claudeLine({ message: { id: undefined, ...more }, line: { uuid } });
  t.equal(read(idless('u1'), idless('u2'), idless('u1')).uses.length, 2);
  t.equal(keyOf(read(idless('u1')).uses[0] as UseSeen), 'anthropic:line:u1');
  const nameless = read(
    idless(),
    idless(),
    claudeLine({ message: { id: undefined }, usage: { input_tokens: 11 }, line: { uuid: undefined } }),
  );
  t.equal(nameless.uses.length, 2, 'by what it says where it has no id at all');
});

const call = (type: string, input: number, more: Line = {}): Line => ({
  type,
  input_tokens: input,
  output_tokens: 1,
  cache_creation: null,
  cache_read_input_tokens: null,
  ...more,
});

t.test('compactions and advisors come on top, other calls are inside', async (t) => {
  const iterations = [
    call('message', 10),
    call('compaction', 300),
    call('advisor_message', 40, { model: 'claude-fable-5' }),
    call('advisor_message', 41, { model: null }),
    call('compaction', 301),
    call('unheard-of', 7),
    null,
    5,
  ];
  const line = claudeLine({ usage: { iterations }, line: { costUSD: 0.5 } });
  const { uses } = read(line, line);
  t.strictSame(
    uses.map((use) => [keyOf(use), use.model, use.tokens.input, use.costUsd]),
    [
      ['anthropic:msg_1', 'claude-opus-5', 10, 0.5],
      ['anthropic:msg_1:compaction:0', 'claude-opus-5', 300, null],
      ['anthropic:msg_1:compaction:1', 'claude-opus-5', 301, null],
      ['anthropic:msg_1:advisor:0', 'claude-fable-5', 40, null],
      ['anthropic:msg_1:advisor:1', null, 41, null],
    ],
  );
  const wrong = read(claudeLine({ usage: { iterations: [call('compaction', -1)] } }));
  t.match(wrong, { uses: [{ part: null }], skipped: { 'not-a-count': 1 } }, 'the response itself counts');
  const served = one({ usage: { iterations: [call('fallback_message', 10, { model: 'claude-sonnet-5' })] } });
  t.equal(served?.model, 'claude-sonnet-5', 'the model that took over served it');
});

const limitLine = (more: LineParts) =>
  claudeLine({ message: { model: '<synthetic>', ...more.message }, line: { isApiErrorMessage: true, ...more.line } });
const quotaLimits = { status: 'rejected', resetsAt: 1_795_910_844, rateLimitType: 'five_hour' };

t.test('a limit that was reached is a reading', async (t) => {
  const text = 'You have hit your weekly limit';
  const { uses, readings, skipped } = read(limitLine({ message: { content: [{ text }] }, line: { quotaLimits } }));
  t.strictSame([uses, skipped], [[], {}]);
  t.strictSame(readings, [
    {
      kind: 'quota',
      measuredAt: Date.parse('2026-11-28T10:00:00Z'),
      source: 'claude-transcript',
      windows: [{ key: 'session_5hour', resetsAt: 1_795_910_844_000, percentBp: 10_000, exhausted: true }],
      place: { cwd: '/srv/p1', entrypoint: 'cli', clientVersion: '2.1.332' },
    },
  ]);
  const keyOfType = (rateLimitType: unknown) =>
    read(limitLine({ line: { quotaLimits: { ...quotaLimits, rateLimitType } } })).readings[0]?.windows[0]?.key;
  t.equal(keyOfType('seven_day'), 'week_all');
  t.equal(keyOfType('seven_day_opus'), 'week_opus');
  t.equal(keyOfType('seven_day_sonnet'), 'week_sonnet');
  t.equal(keyOfType('seven_day_overage_included'), 'week_fable');
  t.equal(keyOfType('overage'), 'extra_usage');
  t.equal(keyOfType('thirty_day'), 'thirty_day');
  t.equal(keyOfType(undefined), 'unknown');
  t.equal(keyOfType('…'), 'unknown');
  const used = read(claudeLine({ line: { isApiErrorMessage: true, quotaLimits } }));
  t.match(used, { readings: [{}], uses: [{ tokens: { input: 10 } }] }, 'a line that says both is both');
  const odd = limitLine({ line: { quotaLimits: { ...quotaLimits, resetsAt: -5 } } });
  t.equal(read(odd).readings[0]?.windows[0]?.resetsAt, null);
});

t.test('other refusals are none, and nobody reaches a limit by talking of it', async (t) => {
  const overloaded = limitLine({ line: { quotaLimits: { ...quotaLimits, status: 'allowed' } } });
  const refused = (line: Line) => t.strictSame([read(line).readings, read(line).skipped], [[], { synthetic: 1 }]);
  refused(overloaded);
  const content = [{ type: 'text', text: 'Claude AI usage limit reached|1795910844' }];
  t.strictSame(read(claudeLine({ message: { content }, line: { quotaLimits } })).readings, []);
  refused(limitLine({ line: { quotaLimits, timestamp: 'x' } }));
});

t.test('the old text of a limit', async (t) => {
  const limit = { key: 'unknown', resetsAt: 1_795_910_844_000, percentBp: 10_000, exhausted: true };
  const text = 'Claude AI usage limit reached|1795910844';
  const windowsOf = (content: unknown) => read(limitLine({ message: { content } })).readings[0]?.windows;
  t.strictSame(windowsOf([{ type: 'text', text }]), [limit]);
  t.strictSame(windowsOf(text), [limit]);
  t.strictSame(windowsOf(`${text} and so on`), undefined);
  const modelOnly = read(claudeLine({ message: { model: '<synthetic>', content: text } }));
  t.strictSame(modelOnly.readings[0]?.windows, [limit], 'also without a mark of an error');
});

t.test('nothing that people or programs wrote comes out', async (t) => {
  const secret = 'a-secret-of-somebody';
  const content = [
    { type: 'text', text: secret },
    { type: 'tool_use', input: { secret } },
  ];
  const lines = [
    claudeLine({ message: { content } }),
    claudeLine({ message: { id: 'msg_2', content, usage: { input_tokens: secret } } }),
    claudeLine({ message: { id: 'msg_3', content }, line: { version: secret, timestamp: secret } }),
    limitLine({ message: { content }, line: { quotaLimits } }),
    `{"type":"assistant","${secret}`,
  ];
  t.notMatch(JSON.stringify(read(...lines)), secret);
});

t.test('a part ends with its last whole line, unless it is the last one', async (t) => {
  const whole = textOf(claudeLine());
  const cut = JSON.stringify(claudeLine({ message: { id: 'msg_2' }, line: { requestId: 'req_2' } }));
  const growing = claudeTranscript.read(Buffer.from(whole + cut), { at, path: 'a.jsonl', mayGrow: true });
  t.equal(growing.consumed, whole.length);
  t.equal(growing.observations.length, 1);
  const last = claudeTranscript.read(Buffer.from(whole + cut), { at, path: 'a.jsonl' });
  t.equal(last.consumed, whole.length + cut.length);
  t.equal(last.observations.length, 2);
});

t.test('lines are found between others, empty ones, and with either end', async (t) => {
  const id = (n: number) =>
    JSON.stringify(claudeLine({ message: { id: `msg_${n}` }, line: { requestId: `req_${n}` } }));
  const other = JSON.stringify({ type: 'user', message: { content: 'say "type":"assistant"'.repeat(50) } });
  const { uses, skipped } = read(other, `${id(1)}\r`, '', other, other, id(2), id(3), '', other);
  t.strictSame(
    uses.map(({ response }) => response),
    ['msg_1', 'msg_2', 'msg_3'],
  );
  t.strictSame(skipped, {});
});

t.test('it reads every file of lines, at any depth', async (t) => {
  t.ok(claudeTranscript.accepts('projects/-srv-p1/s1/subagents/agent-a1.jsonl'));
  t.notOk(claudeTranscript.accepts('projects/-srv-p1/notes.txt'));
});
