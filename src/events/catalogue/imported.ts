/** History that was recorded by another program before it came into this ledger. */
import * as z from 'zod';
import { limits } from '../../limits.js';
import { instant, shortText } from '../scalars.js';

/** The row an event was made of. */
const row = {
  /** Which database it was in: the program that wrote it, and a digest that tells its databases apart. */
  source: shortText.min(1),
  table: shortText.min(1),
  id: shortText.min(1),
};

/** What the row did not say, and was worked out from what is around it. */
const estimated = z.array(z.enum(['time', 'amount'])).min(1);

export const imported = z.strictObject({ ...row, estimated: estimated.optional() });

export const importedUse = imported.extend({
  /** What the agent was told in answer, in seconds. */
  recommended_interval_s: z.int().min(0).max(limits.intervalSecondsMax).optional(),
});

const rowCount = z.int().min(0);

/** One run of an import, with the SHA-256 of its account. */
export const importCompleted = z.strictObject({
  source: row.source,
  digest: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hexadecimal'),
  /** Times of the first and last use that was read; left out where there is none. */
  from: instant.optional(),
  until: instant.optional(),
  rows_read: rowCount,
  rows_recorded: rowCount,
  rows_repeated: rowCount,
  rows_left_out: rowCount,
});
