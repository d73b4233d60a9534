// Goal: no credential of a provider gets in with a body, what only looks like one is no reason to refuse, and a long text costs its length.
import t from 'tap';
import { credentialIn, refusalOf } from '../../src/sources/credentials.js';

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
