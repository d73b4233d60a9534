/**
 * How the figures of each provider become disjoint buckets of whole tokens: what contains what differs between them. A figure is a
 * number or text of digits; null or undefined where the source leaves it out.
 */
import { type TokenCounts, totalOf } from '../events/meter.js';

/** The buckets, or why they cannot be used, in the words of `skipped`. */
export type TokensRead = { readonly tokens: TokenCounts } | { readonly reason: string };

export type CountProblem = 'not-a-count' | 'count-too-large';

/** A count of tokens; what JSON has rounded is above the limit, too, and is not taken. */
export function countOf(figure: unknown): number | undefined | CountProblem {
  if (figure === null || figure === undefined) return undefined;
  if (typeof figure === 'string' && !/^\d{1,40}$/.test(figure)) return 'not-a-count';
  const count = typeof figure === 'string' ? Number(figure) : figure;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) return 'not-a-count';
  return Number.isSafeInteger(count) ? count + 0 : 'count-too-large';
}

/** Anthropic, also through Bedrock: the cache is beside the input, thinking inside the output. */
export function anthropicTokens(figures: {
  readonly input?: unknown;
  readonly cacheRead?: unknown;
  /** All that was written to the cache; taken as kept for 5 minutes where neither lifetime is told. */
  readonly cacheWrite?: unknown;
  readonly cacheWrite5m?: unknown;
  readonly cacheWrite1h?: unknown;
  readonly output?: unknown;
  readonly reasoning?: unknown;
}): TokensRead {
  const lifetimesAreTold = (figures.cacheWrite5m ?? figures.cacheWrite1h ?? null) !== null;
  return bucketsOf(figures, (count) => ({
    input: count('input'),
    cache_read: count('cacheRead'),
    cache_write_5m: lifetimesAreTold ? count('cacheWrite5m') : count('cacheWrite'),
    cache_write_1h: count('cacheWrite1h'),
    ...apart(count('output'), count('reasoning')),
  }));
}

/**
 * OpenAI (Chat Completions, Responses, Codex) and the conventions of OpenTelemetry: the cache is inside the input, reasoning inside
 * the output. Parts that are more than their whole cannot be inside: some senders tell them beside it.
 */
export function openAiTokens(figures: {
  readonly input?: unknown;
  readonly cacheRead?: unknown;
  readonly cacheWrite?: unknown;
  readonly output?: unknown;
  readonly reasoning?: unknown;
}): TokensRead {
  return bucketsOf(figures, (count) => {
    const cached = count('cacheRead') + count('cacheWrite');
    return {
      input: without(count('input'), cached),
      cache_read: count('cacheRead'),
      cache_write_5m: count('cacheWrite'),
      ...apart(count('output'), count('reasoning')),
    };
  });
}

/** Gemini: the cache is inside the prompt; thoughts, and what tools put into the prompt, are on top. */
export function geminiTokens(figures: {
  readonly prompt?: unknown;
  readonly cached?: unknown;
  readonly candidates?: unknown;
  readonly thoughts?: unknown;
  readonly tool?: unknown;
}): TokensRead {
  return bucketsOf(figures, (count) => ({
    input: without(count('prompt'), count('cached')) + count('tool'),
    cache_read: count('cached'),
    output: count('candidates'),
    reasoning: count('thoughts'),
  }));
}

const without = (whole: number, part: number): number => (part > whole ? whole : whole - part);

const apart = (output: number, reasoning: number) => ({ output: without(output, reasoning), reasoning });

function bucketsOf<Name extends string>(
  figures: { readonly [name in Name]?: unknown },
  build: (count: (name: Name) => number) => TokenCounts,
): TokensRead {
  const counts = new Map<string, number>();
  for (const [name, figure] of Object.entries(figures)) {
    const count = countOf(figure);
    if (typeof count === 'string') return { reason: count };
    if (count !== undefined) counts.set(name, count);
  }
  if (counts.size === 0) return { reason: 'no-counts' };
  const tokens = build((name) => counts.get(name) ?? 0);
  return Number.isSafeInteger(totalOf(tokens)) ? { tokens } : { reason: 'count-too-large' };
}
