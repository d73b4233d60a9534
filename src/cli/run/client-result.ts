/**
 * What a client says at its end about its run, with `--output-format json`: one object, the last of its stdout. Its figures are sums
 * over all responses of the run; they count while nobody tells of those responses themselves (docs/concepts/how-use-is-counted.md).
 */
import type { RunUsage } from '../../client/index.js';
import { tokensOfUsage } from '../../sources/claude-tokens.js';
import { isObject, type JsonObject, numberOf, objectOf, objectOrNull, shortTextOf } from '../../sources/json.js';

export interface ClientResult {
  readonly session: string | null;
  readonly uses: readonly RunUsage[];
}

/** Null where the text ends with no such object. */
export function clientResult(text: string): ClientResult | null {
  const result = lastObject(text);
  if (result === null) return null;
  const session = shortTextOf(result.session_id);
  const described = { ...(session === null ? {} : { session }), meter: { rule: 'sum' } };
  return { session, uses: sumsOf(result).map((sum) => ({ ...described, ...sum })) };
}

/** The text is the object, an array that ends with it, or lines of which one of the last is it. */
function lastObject(text: string): JsonObject | null {
  const whole = resultIn(text);
  if (whole !== null) return whole;
  for (const line of text.split('\n').reverse()) {
    const found = /^\s*[{[]/.test(line) ? resultIn(line) : null;
    if (found !== null) return found;
  }
  return null;
}

function resultIn(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    return isObject(last) && (last.type === 'result' || last.total_cost_usd !== undefined) ? last : null;
  } catch {
    return null;
  }
}

/** By model, where it says so. A cost at the price of another model is left out: the ledger knows how to price tokens. */
function sumsOf(result: JsonObject): RunUsage[] {
  const isCostKnown = result.costBasis !== 'unknown';
  const models = Object.entries(objectOf(result.modelUsage)).flatMap(([model, value]) => {
    const use = objectOrNull(value);
    if (use === null) return [];
    const costUsd = isCostKnown && use.costBasis !== 'unknown' ? use.costUSD : undefined;
    const searches = countOf(use.webSearchRequests);
    return [
      {
        model,
        ...amounts(
          {
            input: use.inputTokens,
            cache_read: use.cacheReadInputTokens,
            cache_write_5m: use.cacheCreationInputTokens,
            output: use.outputTokens,
          },
          costUsd,
        ),
        ...(searches > 0 ? { pricing: { web_searches: searches } } : {}),
      },
    ];
  });
  if (models.length > 0) return models.filter(isSomething);
  const tokens = tokensOfUsage(objectOf(result.usage));
  const counts = typeof tokens === 'string' ? {} : tokens;
  return [amounts(counts, isCostKnown ? result.total_cost_usd : undefined)].filter(isSomething);
}

const isSomething = ({ tokens, cost_micro_usd: cost }: RunUsage): boolean =>
  (cost ?? 0) > 0 || Object.keys(tokens ?? {}).length > 0;

function amounts(counts: object, costUsd: unknown): RunUsage {
  const cost = numberOf(costUsd);
  const tokens = Object.entries(counts).flatMap(([bucket, value]) => {
    const count = countOf(value);
    return count > 0 ? [[bucket, count] as const] : [];
  });
  return {
    ...(tokens.length === 0 ? {} : { tokens: Object.fromEntries(tokens) }),
    ...(cost === null || cost < 0 ? {} : { cost_micro_usd: Math.round(cost * 1e6) }),
  };
}

/** What is no count says nothing. */
const countOf = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);
