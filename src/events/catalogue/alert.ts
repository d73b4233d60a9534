/** What somebody should look at. An alert is open from `raised` until `cleared`, once per dedupe key. */
import * as z from 'zod';
import { reasonText, shortText } from '../scalars.js';

const dedupeKey = shortText.min(1, 'is empty');

export const alertRaised = z.strictObject({
  rule: shortText.min(1, 'is empty'),
  subject: shortText,
  text: reasonText,
  dedupe_key: dedupeKey,
});
export const alertAcknowledged = z.strictObject({ dedupe_key: dedupeKey, reason: reasonText.optional() });
export const alertCleared = z.strictObject({ dedupe_key: dedupeKey, reason: reasonText.optional() });
