/** Query parameters: parsed by schemas, unknown ones refused by name, so that a typing error is not a silent "no filter". */
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { parseWith } from '../events/command.js';
import { addDays, dateIn, startOfDate } from '../events/days.js';
import { type EpochMs, instant } from '../events/scalars.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';

/** Throws `request_invalid`, naming every parameter at fault. */
export function readQuery<S extends z.ZodType>(schema: S, request: FastifyRequest): z.infer<S> {
  try {
    return parseWith(schema, request.query);
  } catch (error) {
    if (error instanceof Problem) throw inParameters(error);
    throw error;
  }
}

function inParameters({ errors }: Problem): Problem {
  const named = errors.map(({ field, message }) => ({
    field,
    message: message === 'is not a field here' ? 'is not a parameter here' : message,
  }));
  return new Problem('request_invalid', named.map(({ field, message }) => `${field} ${message}`).join('; '), named);
}

export const text = z.string().min(1, 'is empty').max(limits.textCharactersMax);
export const poolName = text.optional().describe('Name of the pool; `default` when left out.');

const digits = z.string().regex(/^\d{1,15}$/, 'is no whole number');
const whole = digits.transform(Number);

export const seqNumber = whole.describe('Place in the log: a whole number.');
export const rowsLimit = whole
  .pipe(z.int().min(1, 'is less than 1'))
  .optional()
  .describe(`Rows at most: ${limits.pageRowsDefault} by default, up to ${limits.pageRowsMax} in a JSON page.`);

export const flag = z
  .enum(['true', 'false', '1', '0'], 'is neither true nor false')
  .transform((value) => value === 'true' || value === '1');

export const order = z
  .enum(['asc', 'desc'], 'is neither asc nor desc')
  .optional()
  .describe('`asc`: the oldest first. `desc`: the newest first.');
export const format = z
  .enum(['json', 'ndjson', 'csv'], 'is none of json, ndjson, csv')
  .optional()
  .describe('Of the answer; what `Accept` asks for when left out.');
export const csvStyle = z
  .enum(['safe', 'raw'], 'is neither safe nor raw')
  .optional()
  .describe(
    "`safe`, the default: a text that a spreadsheet would run as a formula gets a `'` in front. `raw`: as it is.",
  );

/** A moment as people write it: a date of the pool's zone, ISO 8601 with a zone, or milliseconds UTC. */
export type Moment = { readonly date: string } | { readonly at: EpochMs };

export const moment = z
  .string()
  .transform((value, context): Moment => {
    if (/^\d{4}-\d{2}-\d{2}$/.test(value) && z.iso.date().safeParse(value).success) return { date: value };
    const parsed = instant.safeParse(digits.safeParse(value).success ? Number(value) : value);
    if (parsed.success) return { at: parsed.data };
    context.addIssue('is no date, ISO 8601 time with a zone, or milliseconds since 1970');
    return z.NEVER;
  })
  .describe('A date (YYYY-MM-DD, in the zone of the pool), an ISO 8601 time with a zone, or milliseconds since 1970.');

export function instantOf(value: Moment, timeZone: string): EpochMs {
  return 'at' in value ? value.at : startOfDate(timeZone, value.date);
}

/** For columns that hold dates: midnight UTC of the date in the zone, which bounds them as text. */
export function dateBound(value: Moment, timeZone: string, side: 'since' | 'until'): EpochMs {
  if ('date' in value) return Date.parse(value.date) as EpochMs;
  const date = dateIn(timeZone, value.at);
  const partOfDay = startOfDate(timeZone, date) < value.at;
  return Date.parse(side === 'until' && partOfDay ? addDays(date, 1) : date) as EpochMs;
}

/** The limit of a page: the default where none is given. A page of JSON is bounded, a stream is not. */
export function pageLimit(limit: number | undefined): number {
  const rows = limit ?? limits.pageRowsDefault;
  if (rows <= limits.pageRowsMax) return rows;
  throw new Problem('request_invalid', `limit is above ${limits.pageRowsMax}; NDJSON and CSV have no limit`, [
    { field: 'limit', message: `is above ${limits.pageRowsMax}` },
  ]);
}
