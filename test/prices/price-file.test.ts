// Goal: prices of one's own go before all others in their days, and a file that is wrong says where.
import t from 'tap';
import { PriceBook } from '../../src/prices/book.js';
import { familyOf, normalisedModel } from '../../src/prices/model-name.js';
import { readPriceFile } from '../../src/prices/price-file.js';
import { priceOf } from '../../src/prices/price-of.js';

const read = (prices: unknown) => readPriceFile(JSON.stringify({ prices }));
const faultsOf = (prices: unknown) => {
  const result = read(prices);
  return 'faults' in result ? result.faults : [];
};

t.test('a price of one’s own wins in its days, both of them in UTC', async (t) => {
  const result = read([
    { model: 'anthropic/claude-opus-5-20260101', from: '2026-03-01', to: '2026-03-31', input: 1, output: 2, fast: 3 },
    {
      model: 'claude-opus-5',
      from: '2026-04-01',
      input: 4,
      output: 5,
      cache_read: 0,
      long_prompt: { above: 10, times: 10 },
      web_searches: 1,
    },
    { model: 'house-model', input: 7, output: 8 },
  ]);
  const book = new PriceBook('prices' in result ? result.prices : []);
  const cost = (model: string, at: number, tokens: object, pricing = {}) => {
    const price = priceOf(book, { model, at, tokens, pricing });
    return 'unpriced' in price ? price.unpriced : [price.costMicroUsd, price.origin];
  };
  const input = { input: 10 };
  const march = Date.UTC(2026, 2, 1);
  const april = Date.UTC(2026, 3, 1);
  t.same(cost('claude-opus-5', march - 1, input), [50, 'overlay']);
  t.same(cost('claude-opus-5', march, input), [10, 'own']);
  t.same(cost('us.anthropic.claude-opus-5-20260101-v1:0', april - 1, input), [10, 'own']);
  t.same(cost('claude-opus-5', april - 1, input, { speed: 'fast' }), [30, 'own']);
  t.same(
    cost('claude-opus-5', april, { input: 10, cache_read: 100 }, { webSearches: 1 }),
    [1_400, 'own'],
    'a rate of 0 is one',
  );
  t.same(cost('claude-opus-5', april, { input: 11 }), [440, 'own']);
  t.same(cost('claude-opus-5', april, { input: 1 }, { speed: 'fast' }), 'fast-not-known');
  t.same(cost('House-Model', 0, { output: 10 }), [80, 'own']);
});

t.test('all that is wrong is said at once, with its place', async (t) => {
  t.same(readPriceFile('{'), { faults: ['it is no JSON'] });
  t.match(readPriceFile('[]'), { faults: [/object/] });
  t.match(readPriceFile('\uFEFF{"prices":[]}'), { prices: [] });
  const faults = faultsOf([
    { model: 'a', input: -1, output: 'x' },
    { model: '<synthetic>', input: 1, output: 1, from: '2026-02-30' },
    { model: 'a', input: 1, output: 1, cache: 1, fast: 0, long_prompt: { above: -1, times: 2 } },
    { model: 'a', output: 1 },
  ]);
  t.match(faults, [
    'prices[0].input: is negative',
    /^prices\[0\]\.output: expected number/,
    'prices[1].model: names no model',
    'prices[1].from: is no date like 2026-11-28',
    'prices[2].fast: is not above 0',
    'prices[2].long_prompt.above: is negative',
    /^prices\[2\]: .*"cache"/,
    /^prices\[3\]\.input: expected number/,
  ]);
  t.equal(faults.length, 8);
});

t.test('days of one model are not told twice', async (t) => {
  const price = (model: string, from?: string, to?: string) => ({ model, from, to, input: 1, output: 1 });
  t.same(faultsOf([price('a', '2026-01-02', '2026-01-01')]), ['prices[0]: its last day is before its first']);
  t.same(faultsOf([price('a', '2026-01-01', '2026-01-01'), price('a', '2026-01-02')]), []);
  t.same(faultsOf([price('a', '2026-01-01', '2026-01-02'), price('b'), price('x/A', '2026-01-02')]), [
    'prices[2]: its days are also those of prices[0], of the same model',
  ]);
  t.same(faultsOf([price('a', '2026-02-01'), price('a', undefined, '2026-01-31')]), []);
  t.equal(faultsOf([price('a'), price('a')]).length, 1);
  t.equal(faultsOf([price('a', undefined, '2026-01-01'), price('a', '2026-01-01')]).length, 1);
});

t.test('names of models lose what is no part of them', async (t) => {
  for (const [name, model] of [
    ['claude-opus-4-1-20250805', 'claude-opus-4-1'],
    ['us.anthropic.claude-opus-4-1-20250805-v1:0', 'claude-opus-4-1'],
    ['global.anthropic.claude-sonnet-5-v1:0', 'claude-sonnet-5'],
    ['arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-opus-5', 'claude-opus-5'],
    ['vertex_ai/claude-opus-4-1@20250805', 'claude-opus-4-1'],
    ['Claude-Opus-5[1m]', 'claude-opus-5'],
    ['anthropic:claude-opus-5', 'claude-opus-5'],
    ['publishers/google/models/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['openai/gpt-5.5', 'gpt-5.5'],
    ['gpt-4o-2024-05-13', 'gpt-4o-2024-05-13'],
    ['<synthetic>', null],
    ['', null],
    ['  ', null],
    ['x'.repeat(300), null],
  ] as const)
    t.equal(normalisedModel(name), model, name.slice(0, 80));
  for (const [model, family] of [
    ['claude-opus-4-1', 'claude-opus'],
    ['claude-3-5-haiku', 'claude-haiku'],
    ['gpt-5.5-codex', 'gpt'],
    ['o3-mini', 'o'],
    ['7b', '7b'],
  ] as const)
    t.equal(familyOf(model), family);
});
