/** A day that is over: its totals, closed under a digest. A late report afterwards restates the day, visibly. */
import * as z from 'zod';
import { identityName, shortText } from '../scalars.js';

export const date = z.iso.date('is no date (YYYY-MM-DD)');

/** Totals of one identity and mode; signed only because corrections of another day's use may outweigh it. */
const dayTotal = z.strictObject({
  name: identityName,
  mode: z.enum(['autonomy', 'collaboration']),
  tokens: z.int(),
  cost_micro_usd: z.int(),
});
export type DayTotal = z.infer<typeof dayTotal>;

export const dayClosing = z.strictObject({ date });
export const dayClosed = z.strictObject({ date, totals: z.array(dayTotal), digest: shortText });
