/** What a ledger that is opened in this process goes by, where no flag says otherwise. */
import { Problem } from '../problems.js';

/** What becomes of reports under an unknown name. */
export const unknownAgentsChoices = ['auto', 'quarantine', 'reject'] as const;

type UnknownAgents = (typeof unknownAgentsChoices)[number];

export const systemTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function timeZoneSetting(): string {
  return process.env.RESOURCE_SHARE_TIME_ZONE ?? systemTimeZone();
}

export function unknownAgentsSetting(): UnknownAgents {
  const text = process.env.RESOURCE_SHARE_UNKNOWN_AGENTS ?? 'auto';
  const found = unknownAgentsChoices.find((choice) => choice === text);
  if (found === undefined)
    throw new Problem(
      'setting_invalid',
      `RESOURCE_SHARE_UNKNOWN_AGENTS is ${text}, and none of: ${unknownAgentsChoices.join(', ')}.`,
    );
  return found;
}
