/** The usage of an answer of Anthropic's Messages API: its figures, what a price depends on, and the calls behind it. */
import type { AnswerPart } from './answer.js';
import { isObject, type JsonObject, listOf, numberOf, objectOf, shortTextOf } from './json.js';
import { anthropicTokens, countOf, type TokensRead } from './provider-tokens.js';
import type { PricingFacts } from './source.js';

export function tokensOfUsage(usage: JsonObject): TokensRead {
  const lifetimes = objectOf(usage.cache_creation);
  return anthropicTokens({
    input: usage.input_tokens,
    cacheRead: usage.cache_read_input_tokens,
    cacheWrite: usage.cache_creation_input_tokens,
    cacheWrite5m: lifetimes.ephemeral_5m_input_tokens,
    cacheWrite1h: lifetimes.ephemeral_1h_input_tokens,
    output: usage.output_tokens,
    reasoning: objectOf(usage.output_tokens_details).thinking_tokens,
  });
}

/**
 * Usage after an event of the stream: its figures are totals of the response so far, and what it leaves out stands as it was. Where
 * it tells a larger sum of what was written to the cache, and no lifetimes, the rest is of the shorter one.
 */
export function laterUsage(known: JsonObject, later: JsonObject): JsonObject {
  const told = Object.fromEntries(Object.entries(later).filter(([, value]) => value !== null));
  const usage: JsonObject = { ...known, ...told };
  const written = countOf(told.cache_creation_input_tokens);
  if (!isObject(usage.cache_creation) || isObject(told.cache_creation) || typeof written !== 'number') return usage;
  const kept1h = countOf(usage.cache_creation.ephemeral_1h_input_tokens) ?? 0;
  if (typeof kept1h !== 'number' || kept1h > written) return usage;
  return { ...usage, cache_creation: { ...usage.cache_creation, ephemeral_5m_input_tokens: written - kept1h } };
}

export function pricingOfUsage(usage: JsonObject): PricingFacts {
  const searches = numberOf(objectOf(usage.server_tool_use).web_search_requests);
  return {
    speed: usage.speed === 'fast' ? 'fast' : typeof usage.speed === 'string' ? 'normal' : undefined,
    geo: shortTextOf(usage.inference_geo) ?? undefined,
    tier: shortTextOf(usage.service_tier) ?? undefined,
    webSearches: searches !== null && Number.isSafeInteger(searches) && searches > 0 ? searches : undefined,
  };
}

/** The model that took over from the one that was asked; null where none did. */
export function fallbackModelOf(usage: JsonObject): string | null {
  const fallbacks = listOf(usage.iterations)
    .map(objectOf)
    .filter(({ type }) => type === 'fallback_message');
  return shortTextOf(fallbacks.at(-1)?.model);
}

/** What compacted the context, and what an advisor said: these calls come on top of the figures, the others are in them. */
export function partsOfUsage(usage: JsonObject, model: string | null, skip: (reason: string) => void): AnswerPart[] {
  const parts: AnswerPart[] = [];
  let compactions = 0;
  let advisors = 0;
  for (const call of listOf(usage.iterations).map(objectOf)) {
    const isCompaction = call.type === 'compaction';
    if (!isCompaction && call.type !== 'advisor_message') continue;
    const part = isCompaction ? `compaction:${compactions++}` : `advisor:${advisors++}`;
    const read = tokensOfUsage(call);
    if ('reason' in read) skip(read.reason);
    else parts.push({ part, model: isCompaction ? model : shortTextOf(call.model), tokens: read.tokens });
  }
  return parts;
}
