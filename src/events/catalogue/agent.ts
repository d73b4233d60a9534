/** What an agent does or is told between its reports: paused, resumed, a choice of its own. */
import * as z from 'zod';
import { limits } from '../../limits.js';
import { identityName, instant, reasonText, shortText } from '../scalars.js';

export const agentPaused = z.strictObject({
  name: identityName,
  until: instant.optional(),
  reason: reasonText.optional(),
});

export const agentResumed = z.strictObject({ name: identityName, reason: reasonText.optional() });

export const agentChose = z.strictObject({
  name: identityName,
  choice: z.enum(['wait', 'turns', 'wake-at']),
  turns: z.int().min(0).max(1_000_000).optional(),
  duration_minutes: z.int().min(0).max(limits.pauseMinutesMax).optional(),
  wake_at: instant.optional(),
  context_percentage: z.number().min(0).max(100).optional(),
});

/** The answer to a re-check, where it differs enough from what the agent was told before. */
export const agentAdvised = z.strictObject({
  name: identityName,
  /** Seconds from its last run to its next. */
  issued_interval_s: z.int().min(0).max(limits.intervalSecondsMax),
  /** The interval it had been told. */
  replaces: z.int().min(0).max(limits.intervalSecondsMax).optional(),
  blocked_by: z.array(shortText).optional(),
  /** Under version 2 of the method: the rate it may use by that, in micro-USD per hour, and whether the next answer starts afresh. */
  issued_rate_micro_usd_h: z.int().min(0).optional(),
  issued_afresh: z.literal(true).optional(),
});

export const adviceAsked = z.strictObject({ name: identityName });
