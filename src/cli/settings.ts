/** What a ledger that is opened in this process goes by, where no flag says otherwise. */
import type { UnknownAgents } from '../events/decision.js';
import { usageError } from './exit.js';

export const unknownAgentsChoices = ['auto', 'quarantine', 'reject'] as const satisfies readonly UnknownAgents[];

export const systemTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function timeZoneSetting(): string {
  return process.env.RESOURCE_SHARE_TIME_ZONE ?? systemTimeZone();
}

export function unknownAgentsSetting(): UnknownAgents {
  const text = process.env.RESOURCE_SHARE_UNKNOWN_AGENTS ?? 'auto';
  const found = unknownAgentsChoices.find((choice) => choice === text);
  if (found === undefined)
    throw usageError(`RESOURCE_SHARE_UNKNOWN_AGENTS is ${text}, and none of: ${unknownAgentsChoices.join(', ')}.`);
  return found;
}
