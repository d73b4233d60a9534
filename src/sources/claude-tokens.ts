/** The figures of one call, as Claude Code writes them down, in disjoint buckets. */
import type { TokenCounts } from '../events/meter.js';
import { isObject, type JsonObject, objectOf } from './json.js';
import { countOf } from './provider-tokens.js';

/**
 * Thinking is inside the output, what was written to the cache is beside the input. How long that is kept is told since the cache
 * has two lifetimes; where it is not, for 5 minutes. Else why the figures cannot be used.
 */
export function tokensOfUsage(usage: JsonObject): TokenCounts | string {
  const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens, cache_creation } = usage;
  if (isEmpty(cache_read_input_tokens) || isEmpty(cache_creation_input_tokens)) return 'empty-field';
  const tellsLifetimes = isObject(cache_creation);
  const input = countOf(input_tokens);
  const output = countOf(output_tokens);
  if (input === undefined && output === undefined) return 'no-usage';
  const cacheRead = countOf(cache_read_input_tokens);
  const write5m = countOf(tellsLifetimes ? cache_creation.ephemeral_5m_input_tokens : cache_creation_input_tokens);
  const write1h = countOf(tellsLifetimes ? cache_creation.ephemeral_1h_input_tokens : undefined);
  const thinking = countOf(objectOf(usage.output_tokens_details).thinking_tokens);
  if (typeof input === 'string') return input;
  if (typeof output === 'string') return output;
  if (typeof cacheRead === 'string') return cacheRead;
  if (typeof write5m === 'string') return write5m;
  if (typeof write1h === 'string') return write1h;
  if (typeof thinking === 'string') return thinking;
  return bucketsOf(input, output, cacheRead, write5m, write1h, thinking);
}

function bucketsOf(input = 0, output = 0, cacheRead = 0, write5m = 0, write1h = 0, thinking = 0): TokenCounts | string {
  if (!Number.isSafeInteger(input + output + cacheRead + write5m + write1h)) return 'count-too-large';
  const reasoning = Math.min(thinking, output);
  return {
    input,
    cache_read: cacheRead,
    cache_write_5m: write5m,
    cache_write_1h: write1h,
    output: output - reasoning,
    reasoning,
  };
}

const isEmpty = (figure: unknown): boolean => figure === null || figure === '';
