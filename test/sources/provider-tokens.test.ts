/** Goal: what a provider puts inside another figure is never counted twice, and no figure is rounded. */
import { test } from 'tap';
import { anthropicTokens, countOf, geminiTokens, openAiTokens } from '../../src/sources/provider-tokens.js';

test('a count is whole, and taken exactly or not at all', async (t) => {
  for (const figure of [null, undefined]) t.equal(countOf(figure), undefined);
  for (const figure of [7, '7', '0007', 7.0]) t.equal(countOf(figure), 7);
  t.equal(countOf(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  for (const figure of ['9007199254740992', 2 ** 53, 1e300]) t.equal(countOf(figure), 'count-too-large');
  for (const figure of [-1, '-1', 1.5, '1.5', '1e3', '', ' 7', '9'.repeat(41), Number.NaN, Infinity, true, [7], {}])
    t.equal(countOf(figure), 'not-a-count', JSON.stringify(figure));
  t.ok(Object.is(countOf(-0), 0), 'there is one zero');
});

test('Anthropic tells the cache beside the input, and thinking inside the output', async (t) => {
  t.same(anthropicTokens({ input: 10, cacheRead: 200, cacheWrite: 30, output: 50, reasoning: 20 }), {
    tokens: { input: 10, cache_read: 200, cache_write_5m: 30, cache_write_1h: 0, output: 30, reasoning: 20 },
  });
  const lifetimes = anthropicTokens({ cacheWrite: 9, cacheWrite5m: null, cacheWrite1h: 4, output: 1 });
  t.same(
    lifetimes,
    { tokens: { input: 0, cache_read: 0, cache_write_5m: 0, cache_write_1h: 4, output: 1, reasoning: 0 } },
    'where a lifetime is told, the sum beside it is not added',
  );
});

test('OpenAI tells the cache inside the input, and reasoning inside the output', async (t) => {
  t.same(openAiTokens({ input: 100, cacheRead: 60, cacheWrite: 10, output: 50, reasoning: 20 }), {
    tokens: { input: 30, cache_read: 60, cache_write_5m: 10, output: 30, reasoning: 20 },
  });
  t.same(
    openAiTokens({ input: 5, cacheRead: 60, output: 7, reasoning: 20 }),
    { tokens: { input: 5, cache_read: 60, cache_write_5m: 0, output: 7, reasoning: 20 } },
    'more than the whole is beside it',
  );
});

test('Gemini tells thoughts and the input of tools on top', async (t) => {
  t.same(geminiTokens({ prompt: 100, cached: 60, candidates: 50, thoughts: 20, tool: 3 }), {
    tokens: { input: 43, cache_read: 60, output: 50, reasoning: 20 },
  });
});

test('figures that cannot be used say why', async (t) => {
  t.same(openAiTokens({ input: null }), { reason: 'no-counts' });
  t.same(geminiTokens({ prompt: 1, cached: -1 }), { reason: 'not-a-count' });
  const half = 2 ** 52;
  t.same(anthropicTokens({ input: half, output: half }), { reason: 'count-too-large' }, 'nor may their sum be rounded');
});
