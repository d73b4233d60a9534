/** The pool itself: the time zone its days are cut in, and the work done on its tables. */
import * as z from 'zod';
import { shortText } from '../scalars.js';

export const timeZone = shortText.refine(isTimeZone, 'is no IANA time zone');

/** First event of every pool; a later one changes the zone from there on. */
export const poolConfigured = z.strictObject({ time_zone: timeZone });

/** Figures of a finished replay. */
export const projectionRebuilt = z.strictObject({
  projections: z.array(shortText),
  head_seq: z.int(),
  events: z.int(),
  seconds: z.number(),
  identical: z.boolean(),
  differing: z.array(shortText),
});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
