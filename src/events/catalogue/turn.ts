/**
 * Turns: a turn is one run of an agent, held as a lease. It is granted, renewed while the agent runs, and ends settled,
 * released or expired. While it is open, its estimate is reserved.
 */
import * as z from 'zod';
import { refusalCauses } from '../../fairness/admit.js';
import { limits } from '../../limits.js';
import { identityName, instant, microUsd, reasonText, shortText, turnId } from '../scalars.js';
import { instance, turnUsage } from './usage.js';

export { type TurnId, turnId } from '../scalars.js';

/** Seq of the event that last passed the turn to a holder, so that a newer holder always has a larger one. */
const token = z.int().min(1, 'is less than 1');

const seconds = z
  .int()
  .min(limits.turnSecondsMin, `is less than ${limits.turnSecondsMin}`)
  .max(limits.turnSecondsMax, `is more than ${limits.turnSecondsMax}`);

const refusal = {
  cause: z.enum(refusalCauses),
  retry_after_s: z.int().min(1).max(limits.intervalSecondsMax),
  reason: reasonText,
  /** Keys of the windows that stop it. */
  blocked_by: z.array(shortText).optional(),
};
const wouldDeny = z.strictObject(refusal).optional();

export const turnAsked = z.strictObject({
  name: identityName,
  /** What the run is expected to use; the cost of a usual wake of the agent when left out. */
  estimate_micro_usd: microUsd.optional(),
  instance: instance.optional(),
  ttl_s: seconds.optional(),
  model: shortText.optional(),
});

export const turnGranted = z.strictObject({
  turn: turnId,
  name: identityName,
  token,
  expires_at: instant,
  estimate_micro_usd: microUsd,
  instance: instance.optional(),
  model: shortText.optional(),
  /** Where turns are not enforced: what the answer would have been. */
  would_deny: wouldDeny,
});

export const turnDenied = z.strictObject({
  name: identityName,
  ...refusal,
  estimate_micro_usd: microUsd,
  instance: instance.optional(),
  model: shortText.optional(),
});

export const turnRenewal = z.strictObject({ turn: turnId, token, ttl_s: seconds.optional() });

/** A renewal by its holder, or, with another token, the answer to its holder that asked for a turn again. */
export const turnRenewed = z.strictObject({
  turn: turnId,
  name: identityName,
  token,
  expires_at: instant,
  would_deny: wouldDeny,
});

export const turnSettlement = z.strictObject({ turn: turnId, token, usage: turnUsage });
export const turnSettled = z.strictObject({
  turn: turnId,
  name: identityName,
  token,
  /** Seq of the `usage.recorded` that holds what it used. */
  usage_seq: z.int().min(1),
});

export const turnReturn = z.strictObject({ turn: turnId, token, reason: reasonText.optional() });
export const turnReleased = z.strictObject({
  turn: turnId,
  name: identityName,
  token,
  reason: reasonText.optional(),
});

/** All turns whose time is up. */
export const turnsDue = z.strictObject({});
export const turnExpired = z.strictObject({ turn: turnId, name: identityName, token });

export const instanceConflict = z.strictObject({
  name: identityName,
  /** The turn that `holder` has. */
  turn: turnId,
  holder: instance,
  other: instance,
});
