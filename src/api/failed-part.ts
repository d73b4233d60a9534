/** Which part of a daemon does not work, for whoever asks whether it does: the storage, the clock, or the log itself. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { doubtText } from '../ledger/clock-alerts.js';
import { Problem, type ProblemCode } from '../problems.js';
import type { Api } from './context.js';
import { logFault, problemOf, sendProblem } from './errors.js';
import { logOf } from './logging.js';

export interface FailedPart {
  readonly part: 'storage' | 'clock' | 'log';
  readonly error: unknown;
}

/** Problems that `/health…` answers with. */
export const healthProblems = [
  'storage_unavailable',
  'storage_failed',
  'ledger_lost',
  'not_writable',
  'clock_suspect',
  'log_rewritten',
] as const satisfies readonly ProblemCode[];

/**
 * The first one that does not work; null where all do. It waits for no append. Unless it `asksStorage`, the storage is asked only where
 * something went wrong with it lately: what went wrong may be over, though nobody has appended since.
 */
export async function failedPart({ ledger, checkpoints }: Api, asksStorage: boolean): Promise<FailedPart | null> {
  if (asksStorage || ledger.storageFault !== null || !ledger.isTrue) {
    try {
      await ledger.answers();
    } catch (error) {
      return { part: 'storage', error };
    }
  }
  const { clockDoubt } = ledger;
  if (clockDoubt !== null) return { part: 'clock', error: new Problem('clock_suspect', doubtText(clockDoubt)) };
  const [rewritten] = checkpoints?.rewritten ?? [];
  if (rewritten === undefined) return null;
  return { part: 'log', error: new Problem('log_rewritten', `${rewritten.pool}: ${rewritten.text}`) };
}

/** With a problem document that names the part; `members` are added to it. */
export function answerFailed(
  { part, error }: FailedPart,
  request: FastifyRequest,
  reply: FastifyReply,
  members: Readonly<Record<string, unknown>> = {},
): FastifyReply {
  const problem = problemOf(error);
  logFault(problem, error, logOf(request));
  return sendProblem(request, reply, problem, { ...members, part });
}
