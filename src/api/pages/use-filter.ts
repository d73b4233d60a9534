/** What a page is asked to show of use over time, by its URL. */
import * as z from 'zod';
import { parseWith } from '../../events/command.js';
import type { PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { type Stretch, stepKinds } from '../../status/steps.js';
import type { UseKey } from '../../status/use-over-time.js';
import type { UseFilter } from '../../web/parts/use-chart.js';
import { moment } from '../query.js';
import { rangeOf } from '../use.js';

/** A field of a form that nobody filled in is none. */
export const filled = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : text;

/** `keys`: by what it can be told apart, the usual one first. */
export const useFilterQuery = (keys: readonly [UseKey, ...UseKey[]]) => ({
  by: z
    .enum(keys, `is none of ${keys.join(', ')}`)
    .default(keys[0])
    .describe('What use is told apart by.'),
  step: z.enum(stepKinds, 'is none of hour, day, week').default('day').describe('Of the zone of the pool.'),
  from: z.string().optional().describe('Used at or after: a date of the pool, or ISO 8601 with a zone.'),
  until: z.string().optional().describe('Used before.'),
});

const bounds = z.object({ from: moment.optional(), until: moment.optional() });

/** The time that is meant. Throws `invalid_field`, `request_invalid`. */
export function stretchOfFilter(ledger: Ledger, pool: PoolId, { step, from, until }: UseFilter): Stretch {
  return rangeOf(ledger, pool, step, parseWith(bounds, { from: filled(from), until: filled(until) }));
}
