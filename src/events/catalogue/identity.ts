/** Who takes part: registered, changed, aliased, merged, retired. */
import * as z from 'zod';
import { limits } from '../../limits.js';
import { identityName, reasonText, shortText } from '../scalars.js';
import { imported } from './imported.js';

/**
 * `confirmed`: named by a person. `unconfirmed`: registered at first sight. `quarantined`: recorded under its name,
 * but left out of shares until confirmed.
 */
export const identityStatus = z.enum(['confirmed', 'unconfirmed', 'quarantined']);
export type IdentityStatus = z.infer<typeof identityStatus>;

const attributes = {
  model: shortText.optional(),
  cost_multiplier: z.number().positive().max(1_000).optional(),
  weight: z.number().positive().max(1_000_000).optional(),
  collaborative_pref: z.int().min(0).max(100).optional(),
  ip_address: shortText.optional(),
  colour: shortText.optional(),
  status: identityStatus.optional(),
  /** The owner it belongs to: groups share first, then their members; '' for none. And the weight of the group. */
  group: z.union([z.literal(''), shortText]).optional(),
  group_weight: z.number().positive().max(1_000_000).optional(),
  /** Seconds between two of its runs that it asks for at least. */
  interval_s_min: z.int().min(1).max(limits.intervalSecondsMax).optional(),
};

export const registration = z.strictObject({
  name: identityName,
  ...attributes,
  /** Where it was known before: it is known since the time of the event. */
  imported: imported.optional(),
});
export const identityRegistered = z.strictObject({
  ...registration.shape,
  /** One of more new names than a pool takes within an hour: it is quarantined for that. */
  over_limit: z.literal(true).optional(),
});
export const identityChanged = z.strictObject({ name: identityName, ...attributes });
export const identityAliased = z.strictObject({ name: identityName, alias: identityName });
export const identityMerged = z.strictObject({ from: identityName, into: identityName });
export const identityRetired = z.strictObject({ name: identityName, reason: reasonText.optional() });
export const identityLapsed = z.strictObject({ name: identityName });
/** Asks for all of them at once. */
export const lapsesDue = z.strictObject({});
export const identityReinstated = z.strictObject({ name: identityName, reason: reasonText.optional() });

/** The attributes of an identity that an event can set, in the order they are compared and shown. */
export const identityAttributes = Object.keys(attributes) as readonly (keyof typeof attributes)[];

/** Multipliers the original server gave by model, and the one for every other model. */
const multiplierByModel: readonly (readonly [RegExp, number])[] = [
  [/opus[-_ ]?4[-_. ]?5/i, 5],
  [/opus/i, 15],
  [/sonnet/i, 3],
];
const multiplierUnknown = 3;

/** Cost multiplier of an identity: its own, else its model's default (Sonnet 3, Opus 4.5 5, Opus 4 15, unknown 3). */
export function costMultiplierOf(own: number | null, model: string | null): number {
  if (own !== null) return own;
  if (model === null) return multiplierUnknown;
  let multiplier = knownMultipliers.get(model);
  if (multiplier === undefined) {
    multiplier = multiplierByModel.find(([pattern]) => pattern.test(model))?.[1] ?? multiplierUnknown;
    if (knownMultipliers.size >= knownMultipliersMax) knownMultipliers.clear();
    knownMultipliers.set(model, multiplier);
  }
  return multiplier;
}

/** It is asked for every use. */
const knownMultipliers = new Map<string, number>();
const knownMultipliersMax = 1_000;
