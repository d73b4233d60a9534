/** The answer to OTLP: how many records could not be used, and why. */
import * as z from 'zod';
import type { Counts } from '../../intake/tally.js';
import type { Outcome } from '../../ledger/outcome.js';
import type { ReadContext } from '../../sources/source.js';

export type Signal = NonNullable<ReadContext['signal']>;

export interface PartialSuccess {
  readonly rejected: number;
  readonly errorMessage: string;
}

const rejectedNames: Readonly<Record<Signal, string>> = {
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
  traces: 'rejectedSpans',
};

/** Left out on purpose: another record tells the same, or the same was told before. Whoever sent it did nothing wrong. */
const meant: ReadonlySet<string> = new Set(['told-by-another-record', 'sum-of-responses', 'sum-known-otherwise']);

/** Null where all that tells of use was taken. */
export function partialSuccess(
  { refused, skipped }: Counts,
  answers: readonly (Outcome | null)[],
): PartialSuccess | null {
  const faults = Object.entries(skipped).filter(([reason]) => !meant.has(reason));
  const rejected = faults.reduce((sum, [, count]) => sum + count, refused);
  if (rejected === 0) return null;
  const codes = new Map<string, number>();
  for (const answer of answers)
    if (answer?.status === 'rejected') codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1);
  const why = [...faults, ...codes].map(([reason, count]) => `${count} × ${reason}`);
  return { rejected, errorMessage: `not used: ${why.join(', ')}` };
}

export const partialSuccessSchema = (signal: Signal) =>
  z.object({
    [rejectedNames[signal]]: z.string().describe('A whole number, as JSON writes 64 bits of protobuf.'),
    errorMessage: z.string(),
  });

export const partialSuccessBody = (signal: Signal, { rejected, errorMessage }: PartialSuccess) => ({
  partialSuccess: { [rejectedNames[signal]]: String(rejected), errorMessage },
});

/** The same in protobuf: it has the same numbers for all signals. */
export async function partialSuccessBytes({ rejected, errorMessage }: PartialSuccess): Promise<Uint8Array> {
  const { default: protobuf } = await import('protobufjs/minimal.js');
  const writer = protobuf.Writer.create()
    .uint32((1 << 3) | 2)
    .fork();
  writer.uint32(1 << 3).int64(rejected);
  writer.uint32((2 << 3) | 2).string(errorMessage);
  return writer.ldelim().finish();
}
