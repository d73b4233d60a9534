/** What became of each command: the answer its sender gets. */
import type { Advice } from '../events/advice.js';
import type { EventType } from '../events/catalogue.js';
import type { Command } from '../events/command.js';
import type { JudgedWindow } from '../events/decision.js';
import type { Receipt } from '../events/envelope.js';
import type { Problem, ProblemCode } from '../problems.js';

export type Outcome =
  /** Appended. `receipt` is of the event that was asked for; `events` also counts those it brought with it. */
  | {
      readonly status: 'recorded';
      readonly receipt: Receipt;
      readonly events: number;
      /** What was recorded in the place of what was asked: of a response that is known better now, `usage.corrected`. */
      readonly instead?: EventType | undefined;
      readonly advice?: Advice | undefined;
      /** What came of it beside what was asked, in words. */
      readonly notes?: readonly string[] | undefined;
      readonly windows?: readonly JudgedWindow[] | undefined;
    }
  /** Recorded before under the same key, or so already (then there is no receipt). */
  | {
      readonly status: 'repeated';
      readonly receipt?: Receipt | undefined;
      readonly advice?: Advice | undefined;
      readonly notes?: readonly string[] | undefined;
      readonly windows?: readonly JudgedWindow[] | undefined;
    }
  | {
      readonly status: 'rejected';
      readonly code: ProblemCode;
      readonly detail: string;
      readonly field?: string | undefined;
    };

/** Commands that are decided together, in order. */
export interface Submission {
  readonly commands: readonly Command[];
  /** All or none. */
  readonly atomic?: boolean | undefined;
  /** Whether those who report use are to be told when to run again (the default); an import is not. */
  readonly advise?: boolean | undefined;
}

export function rejectedBy(problem: Problem): Outcome {
  return { status: 'rejected', code: problem.code, detail: problem.message, field: problem.errors[0]?.field };
}
