/** The two things a command can result in, and what deciding may know beside the state. */
import type { Verdict } from '../fairness/judge-reading.js';
import type { ProblemCode } from '../problems.js';
import type { Advice } from './advice.js';
import type { Draft } from './envelope.js';
import type { Prices } from './prices.js';
import type { EpochMs } from './scalars.js';

/** What happens when a name nobody registered reports. */
export type UnknownAgents = 'auto' | 'quarantine' | 'reject';

export interface Context {
  /** The server's time, as it will be recorded. */
  readonly at: EpochMs;
  readonly unknownAgents: UnknownAgents;
  /** How many names may join by themselves within an hour; further ones are quarantined. */
  readonly newcomersPerHour: number;
  /** Null where no report asks for a price, or nothing is priced. */
  readonly prices: Prices | null;
}

/** Whether the controller acts on what was read of a window. */
export interface JudgedWindow {
  readonly key: string;
  readonly verdict: Verdict;
  /** It contradicts the readings before it, or doubts itself. */
  readonly suspect?: boolean | undefined;
}

/** Accepted with no events: what was asked is so already. */
export type Decision =
  | {
      readonly accepted: true;
      readonly events: readonly Draft[];
      readonly advice?: Advice | undefined;
      /** What it brings about beside what was asked, in words. */
      readonly notes?: readonly string[] | undefined;
      /** What each window of a reading was judged to be. */
      readonly windows?: readonly JudgedWindow[] | undefined;
    }
  | {
      readonly accepted: false;
      readonly code: ProblemCode;
      readonly detail: string;
      readonly field?: string | undefined;
    };

export const accepted = (...events: readonly Draft[]): Decision => ({ accepted: true, events });

export const nothingToDo: Decision = { accepted: true, events: [] };

export function rejected(code: ProblemCode, detail: string, field?: string): Decision {
  return { accepted: false, code, detail, field };
}

export const unknownIdentity = (name: string, field = 'payload.name'): Decision =>
  rejected('identity_unknown', `no identity is called ${name}`, field);
