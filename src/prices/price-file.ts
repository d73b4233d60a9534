/** Prices of one's own: a JSON file. They go before all others, in the days that they are for. */
import * as z from 'zod';
import { normalisedModel } from './model-name.js';
import type { Price } from './price.js';

const usd = z.number().min(0, 'is negative').max(1_000_000, 'is above a million dollars');
const times = z.number().gt(0, 'is not above 0').max(1_000, 'is above 1,000');
const day = z.iso.date('is no date like 2026-11-28');
const dayMs = 86_400_000;

const entry = z.strictObject({
  model: z.string().refine((name) => normalisedModel(name) !== null, 'names no model'),
  from: day.optional(),
  to: day.optional(),
  input: usd,
  output: usd,
  cache_read: usd.optional(),
  cache_write_5m: usd.optional(),
  cache_write_1h: usd.optional(),
  fast: times.optional(),
  long_prompt: z.strictObject({ above: z.int().min(0, 'is negative'), times }).optional(),
  web_searches: usd.optional(),
});

export type PriceEntry = z.input<typeof entry>;

const priceFile = z.strictObject({ prices: z.array(entry) });

export type PriceFileRead = { readonly prices: readonly Price[] } | { readonly faults: readonly string[] };

const jsonOf = (text: string) => JSON.parse(text.replace(/^\uFEFF/, ''));

/** All that is wrong is said at once, each with its place in the file. */
export function readPriceFile(text: string): PriceFileRead {
  let input: unknown;
  try {
    input = jsonOf(text);
  } catch {
    return { faults: ['it is no JSON'] };
  }
  const parsed = priceFile.safeParse(input);
  if (!parsed.success) return { faults: parsed.error.issues.map(faultText) };
  const prices = parsed.data.prices.map(priceOfEntry);
  const faults = prices.flatMap((price, i) => faultsOf(price, i, prices));
  return faults.length > 0 ? { faults } : { prices };
}

export const faultsText = (file: string, faults: readonly string[]): string =>
  `${file} is no valid file of prices:\n${faults.map((fault) => `  ${fault}`).join('\n')}`;

function faultText({ path, message }: z.core.$ZodIssue): string {
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const what = message.replace(/^Invalid input: /, '');
  return place === '' ? what : `${place.replace(/^\./, '')}: ${what}`;
}

export interface PriceAdded {
  /** Of the whole file. */
  readonly text: string;
  /** The last day of the price that it follows, where that went on. */
  readonly endsOther: string | null;
}

/**
 * A file with one more price. It takes the place of one of the same model that begins on the same day, and one that began before ends
 * on the day before it.
 */
export function withPrice(text: string | null, added: PriceEntry): PriceAdded | { readonly faults: readonly string[] } {
  const parsed = entry.safeParse(added);
  if (!parsed.success) return { faults: parsed.error.issues.map(faultText) };
  const before = text === null ? { prices: [] } : readPriceFile(text);
  if ('faults' in before) return before;
  const entries: PriceEntry[] = text === null ? [] : jsonOf(text).prices;
  const { from } = added;
  const lastDay = from === undefined ? null : new Date(Date.parse(from) - dayMs).toISOString().slice(0, 10);
  let endsOther: string | null = null;
  const kept = entries.flatMap((other) => {
    if (normalisedModel(other.model) !== normalisedModel(added.model)) return [other];
    if (other.from === from) return [];
    if (from === undefined || lastDay === null || (other.from ?? '') > from || (other.to ?? from) < from)
      return [other];
    endsOther = lastDay;
    return [{ ...other, to: lastDay }];
  });
  const after = `${JSON.stringify({ prices: [...kept, added] }, null, 2)}\n`;
  const read = readPriceFile(after);
  return 'faults' in read ? read : { text: after, endsOther };
}

/** Both days belong to it, in UTC. */
function priceOfEntry({ model, from, to, fast, long_prompt, web_searches, ...rates }: z.infer<typeof entry>): Price {
  return {
    model: normalisedModel(model) as string,
    origin: 'own',
    from: from === undefined ? null : Date.parse(from),
    until: to === undefined ? null : Date.parse(to) + dayMs,
    rates,
    tiers: [],
    fast: fast ?? 'unknown',
    longPrompt: long_prompt,
    webSearches: web_searches,
  };
}

function faultsOf(price: Price, index: number, prices: readonly Price[]): string[] {
  const start = price.from ?? -Infinity;
  const end = price.until ?? Infinity;
  if (end <= start) return [`prices[${index}]: its last day is before its first`];
  const other = prices.findIndex(
    ({ model, from, until }, i) =>
      i < index && model === price.model && (from ?? -Infinity) < end && start < (until ?? Infinity),
  );
  return other < 0 ? [] : [`prices[${index}]: its days are also those of prices[${other}], of the same model`];
}
