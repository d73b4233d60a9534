/**
 * Prices that we know ourselves, and which go before those of the package: what Claude Code 2.1.332 charges, asked of it bucket by
 * bucket on 2026-11-28. US dollars per million tokens.
 *
 * The package has no Fable 5.2, no Sonnet 5.5 and no Haiku 5.5, and nothing of what is served fast. Its table of 2026-09-23 has Opus
 * 4.1 at $15 and $75; the client charges for it what Opus 5.5 costs, which serves it.
 */
import type { Price } from './price.js';

type Row = readonly [input: number, output: number, cacheRead: number, cacheWrite5m: number, cacheWrite1h: number];

const always = { from: null, fast: 1 };
const since55 = { from: Date.UTC(2026, 9, 7), fast: 1 };
const isServedFast = { from: null, fast: 2 };

const fable52: Row = [8, 40, 0.2, 10, 16];
const fable51: Row = [10, 50, 0.25, 12.5, 20];
const opus55: Row = [4, 20, 0.2, 5, 8];
const opus5: Row = [5, 25, 0.5, 6.25, 10];

export const overlay: readonly Price[] = [
  price('claude-fable-5-2', fable52, isServedFast),
  price('claude-mythos-5-2', fable52, isServedFast),
  price('claude-fable-5-1', fable51, always),
  price('claude-mythos-5-1', fable51, always),
  price('claude-opus-5-5', opus55, isServedFast),
  price('claude-opus-4-1', opus55, { from: Date.UTC(2026, 8, 23), fast: 2 }),
  price('claude-opus-5', opus5, isServedFast),
  price('claude-opus-4-8', opus5, isServedFast),
  price('claude-sonnet-5-5', [2, 10, 0.1, 2.5, 4], since55),
  price('claude-haiku-5-5', [0.1, 0.5, 0.01, 0.125, 0.2], { ...since55, longPrompt: { above: 100_000, times: 5 } }),
];

function price(model: string, row: Row, more: Pick<Price, 'from' | 'fast' | 'longPrompt'>): Price {
  const [input, output, cache_read, cache_write_5m, cache_write_1h] = row;
  const rates = { input, output, cache_read, cache_write_5m, cache_write_1h };
  return { model, origin: 'overlay', until: null, rates, tiers: [], webSearches: 10, ...more };
}
