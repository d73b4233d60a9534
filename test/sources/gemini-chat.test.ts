/** Goal: every answer of a session of Gemini CLI counts once, with its thoughts, whichever form the session was written in. */
import { test } from 'tap';
import { combined } from '../../src/sources/combine.js';
import { geminiChat } from '../../src/sources/gemini-chat.js';
import type { ReadContext, UseSeen } from '../../src/sources/source.js';

const at = Date.UTC(2026, 1, 3, 12);
const timeOf = (second: number) => new Date(at + second * 1_000).toISOString();

type Line = Readonly<Record<string, unknown>>;
const header = { sessionId: 's-1', projectHash: 'ab', startTime: timeOf(0), kind: 'main' };
const tokens = { input: 100, output: 30, cached: 60, thoughts: 20, tool: 5, total: 155 };
const answer = (id: string | null, second: number, more: Line = {}): Line => ({
  id,
  timestamp: timeOf(second),
  type: 'gemini',
  content: 'words of the answer',
  model: 'gemini-3-flash',
  tokens,
  ...more,
});

const readText = (text: string, context: Partial<ReadContext> = {}) =>
  geminiChat.read(Buffer.from(text), { at, path: 'session-1.jsonl', ...context });
const textOf = (lines: readonly Line[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
const read = (lines: readonly Line[]) => readText(textOf(lines));

test('an answer counts with its thoughts, and the cache is inside its input', async (t) => {
  const { observations, skipped } = read([header, { $set: { lastUpdated: timeOf(1) } }, answer('m1', 2)]);
  t.match(observations, [
    {
      provider: 'gemini',
      ownKey: 'm1',
      session: 's-1',
      model: 'gemini-3-flash',
      occurredAt: at + 2_000,
      rank: 'final',
      tokens: { input: 45, cache_read: 60, output: 30, reasoning: 20 },
    },
  ]);
  t.same(skipped, {});
  t.notMatch(JSON.stringify(observations), 'words');
});

test('a message that is written again counts once', async (t) => {
  const { observations } = read([
    header,
    answer('m1', 2, { tokens: { input: 1, output: 1 } }),
    answer('m1', 2),
    { $set: { messages: [{ type: 'user', id: 'u1', tokens }, answer('m1', 2), answer('m2', 3)] } },
  ]);
  t.match(combined(observations), [
    { ownKey: 'm1', tokens: { output: 30 } },
    { ownKey: 'm2', occurredAt: at + 3_000 },
  ]);
  t.equal(combined(observations).length, 2, 'and what is no answer counts not at all');
});

test('the document of an older session is read whole', async (t) => {
  const document = JSON.stringify({ ...header, messages: [answer('m1', 2), answer('m2', 3)] }, null, 2);
  for (const path of ['session-1.json', null]) {
    const { observations, consumed } = readText(document, { path });
    t.match(observations, [{ ownKey: 'm1', session: 's-1' }, { ownKey: 'm2' }]);
    t.equal(consumed, document.length);
  }
  t.ok(geminiChat.isDocument?.('a/session-1.json'));
  t.notOk(geminiChat.isDocument?.('a/session-1.jsonl'));
  t.match(readText(textOf([header, answer('m1', 2)]), { path: null }).observations, [{ ownKey: 'm1' }], 'lines');
});

test('a session that is read in parts is the same as in one', async (t) => {
  const text = textOf([header, answer('m1', 2), answer('m2', 3, { timestamp: null })]);
  const whole = readText(text).observations;
  t.match(whole, [{}, { occurredAt: at + 2_000 }], 'without a time it is as old as the line before it');
  for (let cut = 0; cut <= text.length; cut += 7) {
    const first = readText(text.slice(0, cut), { mayGrow: true });
    const state = JSON.parse(JSON.stringify(first.state));
    const second = readText(text.slice(first.consumed), { state });
    t.same([...first.observations, ...second.observations], whole, `cut at ${cut}`);
  }
});

test('what cannot be used is counted, and the rest is read', async (t) => {
  const lines = [
    answer('m1', 1, { tokens: { input: -1 } }),
    answer('m2', 1, { tokens: { input: 2 ** 53 } }),
    answer('m3', 1, { tokens: { input: 0, output: 0 } }),
    answer(null, 1),
    answer('m4', 1, { tokens: null }),
    answer('m5', 1, { tokens: { input: '7', output: 1 }, model: null }),
  ];
  const { observations, skipped } = readText(`${textOf(lines)}{"type":"gemini","tokens":{`);
  t.same(skipped, { 'not-a-count': 1, 'count-too-large': 1, 'no-counts': 1, 'no-message-id': 1, 'not-json': 1 });
  t.match(observations, [{ ownKey: 'm5', model: null, session: null, tokens: { input: 7, output: 1 } }]);
  t.equal((observations as UseSeen[]).length, 1);
});

test('sessions of a folder are taken, other files are not', async (t) => {
  const taken = ['p/chats/session-1.jsonl', 'session-1.json', 'p/chats/s-1/ab.jsonl'];
  t.same(taken.map(geminiChat.accepts), [true, true, true]);
  t.same(['p/logs.json', 'settings.json', 'p/chats/a.txt'].map(geminiChat.accepts), [false, false, false]);
});
