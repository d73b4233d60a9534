/** A ledger in this process as the sink of what is collected. */
import { type Command, parseCommand } from '../events/command.js';
import { limits } from '../limits.js';
import { Problem, problems } from '../problems.js';
import type { Origin } from './recordable.js';
import { type Sink, SinkFailure, type SinkOutcome } from './sink.js';

interface DirectOutcome {
  readonly status: 'recorded' | 'repeated' | 'rejected';
  readonly receipt?: { readonly seq: number; readonly hash: string } | undefined;
  readonly instead?: string | undefined;
  readonly code?: string | undefined;
}

export function directSink(
  submit: (commands: readonly Command[]) => Promise<readonly DirectOutcome[]>,
  origin: Origin,
): Sink {
  return async (reports) => {
    const faults = new Map<number, SinkOutcome>();
    const commands: Command[] = [];
    for (const [i, report] of reports.entries()) {
      try {
        commands.push(parseCommand(report, origin));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        faults.set(i, { status: 'rejected', code: error.code });
      }
    }
    const outcomes = (await asSinkFailure(submit(commands))).values();
    return reports.map((_, i) => faults.get(i) ?? outcomeOf(outcomes.next().value as DirectOutcome));
  };
}

const outcomeOf = ({ status, receipt, instead, code }: DirectOutcome): SinkOutcome => ({
  status,
  seq: receipt?.seq,
  hash: receipt?.hash,
  instead,
  code,
});

/** What a ledger refuses, as whoever delivers understands it. */
export async function asSinkFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const isTransient = problems[error.code].retry !== 'never';
    throw new SinkFailure(error.message, { isTransient, retryAfterMs: limits.retryAfterSeconds * 1_000 });
  }
}
