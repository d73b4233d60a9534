/** What was swept away: nothing of it was part of the log. */
import * as z from 'zod';
import { reasonText, shortText } from '../scalars.js';

export const cleanupCompleted = z.strictObject({
  failed: z.record(shortText, reasonText).optional().describe('Sorts that could not be swept, and why.'),
  older_than_s: z.int().min(0),
  removed: z.record(shortText, z.int().min(0)).describe('How many of each sort.'),
});
