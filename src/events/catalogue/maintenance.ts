/** Maintenance: a time in which somebody works on the ledger, and agents and jobs wait. */
import * as z from 'zod';
import { instant, reasonText } from '../scalars.js';

/** Said again while it goes on, it ends at the new time. */
export const maintenanceBegan = z.strictObject({
  reason: reasonText.optional(),
  until: instant.describe('It ends then by itself.'),
});

export const maintenanceEnded = z.strictObject({
  early: z.boolean().describe('Somebody ended it before its time.'),
  until: instant.describe('When it ended: an event that came later changes nothing of that.'),
});

/** `early`: it ends now; otherwise only where its time is up. */
export const maintenanceEnding = z.strictObject({ early: z.boolean() });
