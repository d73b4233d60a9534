/** By which rules shares and intervals are worked out from here on. */
import { policyParameters, policySchema } from '../../fairness/policy.js';

/** Only what is to change; `windows`, where given, takes the place of the whole list. */
export const policyChange = policyParameters.partial();

export const policySet = policySchema;
