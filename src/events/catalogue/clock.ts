/** The clock by which events are recorded. */
import * as z from 'zod';
import { instant, reasonText } from '../scalars.js';

/**
 * The one event that may be recorded at an earlier time than the one before it. What the log stamped with times after `to`, up to
 * `from`, was stamped by a wrong clock: it counts as so much earlier as the clock was wrong by.
 */
export const clockCorrected = z.strictObject({
  from: instant.describe('The time that the log had.'),
  to: instant.describe('The time that it has from then on.'),
  reason: reasonText.optional(),
});
