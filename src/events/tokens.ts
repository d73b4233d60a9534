/** Disjoint buckets of tokens. `total` beside them is the provider's own total, or the only count there is. */
export const tokenBuckets = ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output', 'reasoning'] as const;
export type TokenBucket = (typeof tokenBuckets)[number];
