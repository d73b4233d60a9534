/** What a provider says is used: readings of quota windows, rejected readings, exhaustion. */
import * as z from 'zod';
import { verdicts } from '../../fairness/judge-reading.js';
import { limits } from '../../limits.js';
import { eventId, instant, rawText, reasonText, shortText } from '../scalars.js';
import { imported } from './imported.js';

const windowKey = z
  .string()
  .min(1, 'is empty')
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]*$/, 'may hold letters, digits and _ . : - only');

/** One window of a reading. `percent_bp` is the part used, in basis points (10,000 = 100 %). */
const windowReading = {
  key: windowKey,
  label: shortText.optional(),
  percent_bp: z.int().min(0, 'is negative').max(limits.percentBpMax, 'is above 101 %'),
  resets_at: instant.optional(),
  duration_s: z.int().min(1).max(limits.intervalSecondsMax).optional(),
  scope: shortText.optional(),
  active: z.boolean().optional(),
};

const distinctKeys = (windows: readonly { key: string }[]) =>
  new Set(windows.map((window) => window.key)).size === windows.length;

const described = {
  account: shortText.optional(),
  source: shortText.min(1).optional(),
  confidence: z.enum(['measured', 'estimated', 'suspect']).optional(),
  raw: rawText.optional(),
  /** Where it was recorded before. */
  imported: imported.optional(),
};

export const windowLapsed = z.strictObject({ window: windowKey });
/** Asks for all of them at once. */
export const lapsesDue = z.strictObject({});

/** The reading as a source sends it; its time of measurement is the `occurred_at` of the command. */
export const quotaReport = z.strictObject({
  ...described,
  windows: z
    .array(z.strictObject(windowReading))
    .min(1, 'is empty')
    .max(limits.windowsMax)
    .refine(distinctKeys, 'names a window twice'),
});
export type QuotaReport = z.infer<typeof quotaReport>;

/**
 * The reading as judged: `suspect` where a percentage fell before its reset, `reset_dropped` where the reset did not
 * lie after the measurement, `late` where the reading was old or out of order when it arrived. `verdict` says whether the
 * controller acts on it; readings recorded before there were verdicts have none, and are folded as they were then.
 */
export const quotaRead = z.strictObject({
  ...described,
  source: shortText.min(1),
  confidence: z.enum(['measured', 'estimated', 'suspect']),
  late: z.boolean().optional(),
  windows: z.array(
    z.strictObject({
      ...windowReading,
      suspect: z.boolean().optional(),
      reset_dropped: z.boolean().optional(),
      verdict: z.enum(verdicts).optional(),
    }),
  ),
});
export type QuotaRead = z.infer<typeof quotaRead>;
export type WindowReading = QuotaRead['windows'][number];

export const quotaRejected = z.strictObject({ corrects: eventId, reason: reasonText.min(1, 'is empty') });

export const quotaExhausted = z.strictObject({
  window: windowKey,
  until: instant.optional(),
  evidence: reasonText.min(1, 'is empty'),
});

/** The three windows of the original wire, and the columns of `quota_info` they fill. */
export const originalWindows = ['session_5hour', 'week_all', 'week_sonnet'] as const;
