// Goal: a use costs what its model is known to cost, to the micro-dollar, and one whose price is not known is never free.
import t from 'tap';
import { limits } from '../../src/limits.js';
import { PriceBook } from '../../src/prices/book.js';
import type { Price, PricingFacts } from '../../src/prices/price.js';
import { fairPriceOf, priceOf } from '../../src/prices/price-of.js';

const book = new PriceBook();
const at = Date.UTC(2026, 10, 28);
const tokens = { input: 1_000, cache_read: 2_000, cache_write_5m: 300, cache_write_1h: 40, output: 500, reasoning: 60 };

function cost(model: string | null, used: object = tokens, pricing: PricingFacts = {}, when = at, from = book) {
  const price = priceOf(from, { model, at: when, tokens: used, pricing });
  return 'unpriced' in price ? price.unpriced : price.costMicroUsd;
}

t.test('each bucket has its rate, and reasoning is output', async (t) => {
  // 1,000 × 5 + 2,000 × 0.5 + 300 × 6.25 + 40 × 10 + 560 × 25
  t.equal(cost('claude-opus-5'), 22_275);
  const price = priceOf(book, { model: 'claude-opus-5', at, tokens, pricing: { speed: 'normal' } });
  t.same(price, {
    costMicroUsd: 22_275,
    model: 'claude-opus-5',
    origin: 'overlay',
    exact: true,
    rates: [
      { what: 'input', tokens: 1_000, usdPerMillion: 5 },
      { what: 'cache_read', tokens: 2_000, usdPerMillion: 0.5 },
      { what: 'cache_write_5m', tokens: 300, usdPerMillion: 6.25 },
      { what: 'cache_write_1h', tokens: 40, usdPerMillion: 10 },
      { what: 'output', tokens: 500, usdPerMillion: 25 },
      { what: 'reasoning', tokens: 60, usdPerMillion: 25 },
    ],
  });
  // 1,000 × 5 + 2,000 × 0.5 + 560 × 30, of the package's table
  t.equal(cost('gpt-5.5', { input: 1_000, cache_read: 2_000, output: 500, reasoning: 60 }), 22_800);
});

t.test('what we know ourselves is charged as the client charges it', async (t) => {
  const million = { input: 10_000, cache_read: 20_000, cache_write_5m: 10_000, cache_write_1h: 10_000, output: 10_000 };
  for (const [model, microUsd] of [
    ['claude-fable-5-2', 744_000],
    ['claude-mythos-5-2', 744_000],
    ['claude-fable-5-1', 930_000],
    ['claude-mythos-5-1', 930_000],
    ['claude-opus-5-5', 374_000],
    ['claude-opus-4-1', 374_000],
    ['claude-opus-4-8', 472_500],
    ['claude-sonnet-5-5', 187_000],
    ['claude-haiku-5-5', 9_450],
  ] as const)
    t.equal(cost(model, million), microUsd, model);
});

t.test('prices have days', async (t) => {
  const day = Date.UTC(2026, 9, 7);
  t.equal(cost('claude-sonnet-5-5', { input: 1_000 }, {}, day), 2_000);
  t.equal(cost('claude-sonnet-5-5', { input: 1_000 }, {}, day - 1), 'no-price-then');
  t.equal(
    cost('claude-opus-4-1-20250805', { input: 1_000 }, {}, Date.UTC(2025, 8, 1)),
    15_000,
    'before Opus 5.5 served it',
  );
  t.equal(cost('o3', { input: 1_000 }, {}, Date.UTC(2025, 5, 9)), 10_000);
  t.equal(cost('o3', { input: 1_000 }, {}, Date.UTC(2025, 5, 10)), 2_000, 'dated in the table of the package');
});

t.test('a price is for exactly its model', async (t) => {
  const one = { input: 1_000 };
  for (const model of [
    'claude-haiku-4-5',
    'claude-haiku-4-5-20251001',
    'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    'claude-haiku-4-5-latest',
    'Anthropic/claude-haiku-4-5@20251001',
    'claude-haiku-4-5[1m]',
  ])
    t.equal(cost(model, one), 1_000, model);
  t.equal(cost('claude-3-5-haiku-20241022', one), 800, 'the table has it as -latest');
  t.equal(cost('gpt-5.5-codex', one), 5_000, 'a name that the table gives by equality');
  for (const model of [
    'claude-sonnet-5-6',
    'claude-sonnet-5.5',
    'claude-opus-5-preview',
    'claude-opus-9',
    'gpt-5.5-2027-01-01',
    'opus',
    'claude',
  ])
    t.equal(cost(model, one), 'unknown-model', model);
  for (const model of [null]) t.equal(cost(model, one), 'no-model');
  t.equal(cost('<synthetic>', one), 'unknown-model');
  t.not(
    cost('claude-sonnet-5-5', { cache_read: 1_000 }),
    cost('claude-sonnet-5', { cache_read: 1_000 }),
    'half, by its own price',
  );
});

t.test('the book has one price a model, the one that counts', async (t) => {
  const models = book.at(at).map(({ model }) => model);
  t.equal(new Set(models).size, models.length);
  t.equal(book.at(at).find(({ model }) => model === 'claude-opus-5')?.origin, 'overlay');
  t.equal(cost('claude-3-haiku', { cache_write_5m: 1_000 }), 300, 'not derived where the table has it');
});

t.test('a longer prompt moves the whole request to another tier', async (t) => {
  // 200,001 × 6 + 1,000 × 22.5, not 200,000 × 3 and the rest dearer
  t.equal(cost('claude-sonnet-4-5', { input: 1, cache_read: 0, cache_write_5m: 200_000, output: 1_000 }), 1_522_506);
  t.equal(cost('claude-sonnet-4-5', { input: 200_000, output: 1_000 }), 615_000, 'exactly at the limit');
  t.equal(cost('claude-sonnet-4-5', { input: 100, output: 300_000 }), 4_500_300, 'output is no prompt');
});

t.test('multipliers are lines of their own', async (t) => {
  const lines = (model: string, used: object, pricing: PricingFacts) => {
    const price = priceOf(book, { model, at, tokens: used, pricing });
    return 'rates' in price ? [price.costMicroUsd, ...price.rates.slice(1)] : price;
  };
  const input = { input: 1_000 };
  t.same(lines('claude-opus-5', input, { speed: 'fast' }), [10_000, { what: 'fast', times: 2 }]);
  t.equal(cost('claude-opus-5', { output: 1_000 }, { speed: 'fast' }), 50_000);
  t.equal(cost('claude-opus-5-5', { input: 1_000, output: 1_000 }, { speed: 'fast' }), 48_000);
  t.equal(cost('claude-opus-4-8', { output: 1_000 }, { speed: 'fast' }), 50_000);
  t.equal(cost('claude-fable-5-2', input, { speed: 'fast' }), 16_000);
  t.equal(cost('claude-fable-5-1', input, { speed: 'fast' }), 10_000, 'it has no such speed');
  t.same(lines('claude-sonnet-4-5', input, { speed: 'fast' }), [3_000], 'nor this one, and nothing is said of it');
  t.equal(cost('claude-opus-4-6', input, { speed: 'fast' }), 'fast-not-known');
  t.equal(cost('claude-opus-4-6', input), 5_000);
  t.same(lines('claude-opus-5', input, { geo: 'US' }), [5_500, { what: 'us', times: 1.1 }]);
  t.equal(cost('claude-opus-5', input, { geo: 'global' }), 5_000);
  t.equal(cost('gpt-5.5', input, { geo: 'us' }), 5_000);
  t.same(lines('claude-opus-5', input, { speed: 'fast', geo: 'us', webSearches: 3 }), [
    41_000,
    { what: 'fast', times: 2 },
    { what: 'us', times: 1.1 },
    { what: 'web_search', searches: 3, usdPerThousand: 10 },
  ]);
  t.equal(cost('gemini-2.5-pro', { input: 1_000 }, { webSearches: 1 }), 'web-search-not-known');
  t.match(lines('claude-haiku-5-5', { input: 1, cache_read: 100_000 }, {}), [
    5_001,
    {},
    { what: 'long_prompt', times: 5 },
  ]);
  // (1 × 0.1 + 100,000 × 0.01) × 5, and × 1 at the limit
  t.equal(cost('claude-haiku-5-5', { input: 1, cache_read: 100_000 }), 5_001);
  t.equal(cost('claude-haiku-5-5', { cache_read: 100_000 }), 1_000);
});

t.test('a tier of service that is not the usual one is known, or there is no price', async (t) => {
  for (const tier of ['standard', 'default', 'auto', undefined])
    t.equal(cost('claude-opus-5', { input: 1_000 }, { tier }), 5_000);
  t.equal(cost('claude-opus-5', { input: 1_000 }, { tier: 'batch' }), 2_500);
  t.equal(cost('gpt-5.5', { input: 1_000 }, { tier: 'priority' }), 'tier-not-known');
});

t.test('a bucket that a table leaves out follows from the input, and the price says that it is derived', async (t) => {
  const used = { input: 0, cache_read: 1_000, cache_write_5m: 1_000, cache_write_1h: 1_000 };
  const [rates, own] = [{ input: 2, output: 3 }, 'mine'];
  const price: Price = { model: own, origin: 'own', from: null, until: null, rates, tiers: [], fast: 1 };
  const found = priceOf(new PriceBook([price]), { model: own, at, tokens: used, pricing: {} });
  // 1,000 × 2 × (0.1 + 1.25 + 2)
  t.match(found, {
    costMicroUsd: 6_700,
    exact: false,
    rates: [{ usdPerMillion: 0.2, derived: true }, { usdPerMillion: 2.5 }, { usdPerMillion: 4 }],
  });
  t.equal(cost('text-embedding-3-small', { input: 1_000 }), 20);
  t.equal(cost('text-embedding-3-small', { input: 1_000, output: 1 }), 'rate-not-known', 'output follows from nothing');
  t.equal(cost('gemma-4-31b-it', { input: 1_000 }), 'rate-not-known', 'an empty table is not free');
});

t.test('money is rounded once, and stays exact where it is much', async (t) => {
  t.equal(cost('claude-haiku-5-5', { input: 4 }), 0);
  t.equal(cost('claude-haiku-5-5', { input: 5 }), 1, 'half a micro-dollar');
  t.equal(cost('claude-haiku-5-5', { input: 4, cache_read: 10 }), 1, 'parts of it add up');
  t.equal(cost('claude-opus-4-8', { input: 90_071_992_547 }), 450_359_962_735);
  t.equal(cost('claude-opus-4-8', { input: limits.costMicroUsdMax / 5 + 1 }), 'cost-too-large');
});

t.test('of no tokens nothing is known; none that were used cost nothing', async (t) => {
  t.equal(cost('claude-opus-5', {}), 'no-tokens');
  t.equal(cost('claude-opus-5', { input: 0 }), 0);
});

t.test('without a price it counts at the dearest of its family', async (t) => {
  const fair = (model: string | null, pricing: PricingFacts = {}, used: object = { input: 1_000, output: 1_000 }) =>
    fairPriceOf(book, { model, at, tokens: used, pricing });
  t.same(fair('claude-opus-5'), { costMicroUsd: 30_000, model: 'claude-opus-5', basis: 'exact' });
  t.same(fair('claude-opus-9'), { costMicroUsd: 90_000, model: 'claude-3-opus-latest', basis: 'family' });
  t.same(fair('claude-sonnet-9'), { costMicroUsd: 18_000, model: 'claude-3-5-sonnet', basis: 'family' });
  t.same(fair('claude-haiku-9', {}, { input: 100 }), { costMicroUsd: 100, model: 'claude-haiku-4-5', basis: 'family' });
  t.match(fair('claude-saga-1'), { costMicroUsd: 90_000, basis: 'maker' });
  const claude = { costMicroUsd: 60_000, model: 'claude-fable-5-1', basis: 'any' };
  t.same(fair('something'), claude, 'nobody knows who made it: not the dearest on earth');
  t.same(fair(null), claude);
  t.match(
    fair('claude-opus-9', {}, { input: 1e12, output: 1e12 }),
    { costMicroUsd: limits.costMicroUsdMax, basis: 'family' },
    'more than can be counted is not nothing',
  );
  t.same(fair('claude-opus-4-6', { speed: 'fast' }), {
    costMicroUsd: 90_000,
    model: 'claude-3-opus-latest',
    basis: 'family',
  });
  t.equal(fair('claude-opus-9', {}, {}), null, 'where no tokens are known');
});
