// Goal: no credential of a provider gets in with a body, what only looks like one is no reason to refuse, and a long text costs its length.
import t from 'tap';
import { claudeTranscript } from '../../src/sources/claude-transcript.js';
import { codexRollout } from '../../src/sources/codex-rollout.js';
import { credentialIn, isCredential, refusalOf } from '../../src/sources/credentials.js';
import { geminiChat } from '../../src/sources/gemini-chat.js';
import type { ReadResult, Source } from '../../src/sources/source.js';
import { claudeLine, type Line, type LineParts, textOf } from '../support/claude-lines.js';

const webToken = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl';

t.test('a body with a credential is refused, without saying which it was', async (t) => {
  const bodies: Readonly<Record<string, string>> = {
    '{"accessToken":"x"}': 'it holds an access or refresh token',
    '{"claudeAiOauth":{"refresh_token":"x"}}': 'it holds an access or refresh token',
    '{"key":"sk-ant-api03-abc"}': 'it holds an API key of Anthropic',
    'sk-proj-abcdefghijklmnopqrstuvwxyz': 'it holds an API key of OpenAI',
    [`sk-${'a1'.repeat(24)}`]: 'it holds an API key of OpenAI',
    [`AIza${'b'.repeat(35)}`]: 'it holds an API key of Google',
    AKIAABCDEFGHIJKLMNOP: 'it holds an access key of AWS',
    [`authorization: Bearer ${webToken}`]: 'it holds a bearer token',
    [`{"id_token" : "${webToken}"}`]: 'it holds a token',
    [`{"sessionToken":"Bearer ${webToken.replace('.', '..')}","token":"${webToken}"}`]: 'it holds a token',
    [JSON.stringify({ body: JSON.stringify({ token: webToken }) })]: 'it holds a token',
  };
  for (const [body, refusal] of Object.entries(bodies)) t.equal(refusalOf(body), refusal, body);
});

t.test('what is none is let in', async (t) => {
  for (const body of [
    '{"input_tokens":3,"total_tokens":4}',
    '{"data":"eyJ0eXBlIjoibWVzc2FnZSJ9"}',
    `{"data":"${webToken}"}`,
    '{"token_endpoint":"accounts.example-provider.com"}',
    '{"refresh_token_url_present":false,"env_access_token_file":true}',
    'Bearer of good news. Nothing. Else.',
    'the task-ant and risk-project-with-a-long-name',
  ])
    t.equal(credentialIn(body), null, body);
});

t.test('a text that nearly holds one costs its length', async (t) => {
  const long = 200_000;
  const texts = [
    `"${'token'.repeat(long)}"`,
    '"token":"'.repeat(long),
    `"token"${' '.repeat(long)}`,
    `Bearer ${'a'.repeat(long)}`,
    'Bearer '.repeat(long),
    `"token":"ey${'a.'.repeat(long)}`,
    '"'.repeat(long),
  ];
  for (const text of texts) t.equal(credentialIn(text), null);
});

t.test('a text that is kept by itself is no credential, whatever it is called', async (t) => {
  for (const text of ['sk-ant-api03-abc', `/srv/AIza${'b'.repeat(35)}/app`, webToken, `/srv/${webToken}`])
    t.ok(isCredential(text), text);
  for (const text of [
    '/srv/access_token',
    'accessToken',
    '/srv/eyewitness.application.internal',
    'claude-opus-5',
    's1',
  ])
    t.notOk(isCredential(text), text);
});

t.test('of files that clients write, no text that holds one is kept, and the rest is', async (t) => {
  const key = 'sk-ant-api03-abc';
  const folder = `/srv/${key}`;
  const read = (source: Source, path: string, ...lines: readonly Line[]) =>
    source.read(Buffer.from(textOf(...lines)), { at: Date.UTC(2026, 10, 29), path });
  const claude = (parts: LineParts) => read(claudeTranscript, 'a.jsonl', claudeLine(parts));
  const usage = { input_tokens: 3, output_tokens: 4, total_tokens: 7 };
  const codex = read(
    codexRollout,
    'rollout.jsonl',
    { type: 'session_meta', payload: { id: 'c1', cwd: folder, originator: key, cli_version: key } },
    { type: 'turn_context', payload: { model: key, cwd: folder } },
    { type: 'token_usage_record', payload: { response_id: 'r1', turn_id: key, usage } },
    {
      type: 'event_msg',
      payload: {
        type: 'token_count',
        rate_limits: { limit_id: key, limit_name: key, primary: { used_percent: 12, window_minutes: 300 } },
      },
    },
  );
  const gemini = read(
    geminiChat,
    'session-1.jsonl',
    { sessionId: key },
    { type: 'gemini', id: 'm1', model: key, tokens: { input: 5, output: 7 } },
  );
  const results: readonly (readonly [ReadResult, string | null])[] = [
    [claude({ line: { cwd: folder, entrypoint: key } }), 's1'],
    [claude({ line: { requestSessionId: key } }), 's1'],
    [codex, 'c1'],
    [gemini, null],
  ];
  for (const [{ observations, skipped, state }, session] of results) {
    t.match(observations, [{ kind: 'use', session }]);
    t.notMatch(JSON.stringify([observations, state ?? null]), /sk-ant/);
    if (session !== 's1') t.ok((skipped.credential ?? 0) > 1);
  }
  t.match(results[0]?.[0].skipped, { credential: 1 });
  for (const named of [{ line: { sessionId: key } }, { message: { model: key } }, { message: { id: key } }])
    t.match(claude(named), { observations: [], skipped: { credential: 1 } });
});
