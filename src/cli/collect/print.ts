/** What `collect` says it did. */
import type { CollectResult } from '../../intake/collect.js';
import { countText, decimalText } from '../../text/number.js';
import { instantText } from '../../text/time.js';
import { printLine } from '../output.js';
import { printSkipped } from '../sources/print.js';
import { printTable } from '../table.js';

export interface Collected extends CollectResult {
  readonly format: string;
}

export function printCollected(all: readonly Collected[]): void {
  const count = (head: string, value: (one: Collected) => number) => ({
    head,
    value: (one: Collected) => countText(value(one)),
    right: true,
  });
  printTable(
    [
      { head: 'format', value: ({ format }) => format },
      count('files', ({ files }) => files),
      { head: 'new MB', value: ({ bytes }) => decimalText(bytes / 1e6, 0, 1), right: true },
      count('uses', ({ uses }) => uses),
      count('readings', ({ readings }) => readings),
      count('recorded', ({ recorded }) => recorded),
      count('corrected', ({ corrected }) => corrected),
      count('known before', ({ repeated }) => repeated),
    ],
    all,
    '',
  );
  for (const { format, skipped, refused } of all) {
    if (refused !== null) printLine(`Of ${format} a file was refused: ${refused}`);
    printSkipped(all.length > 1 ? `Left out of ${format}` : 'Left out', skipped);
  }
}

/** As files are followed: what came of a look at them. */
export function printFollowed(one: Collected): void {
  const counts = [
    [one.recorded, 'recorded'],
    [one.corrected, 'corrected'],
    [one.repeated, 'known before'],
    [one.early, 'dated too far ahead, and waiting'],
    [one.held, 'waiting for the daemon'],
    ...Object.entries(one.skipped).map(([reason, count]) => [count, reason.replaceAll('-', ' ')]),
  ] as const;
  const told = counts
    .filter(([count]) => Number(count) > 0)
    .map(([count, what]) => `${countText(Number(count))} ${what}`);
  printLine(`${instantText(Date.now())} ${one.format}: ${told.length === 0 ? 'nothing' : told.join(', ')}`);
  if (one.refused !== null) printLine(`Of ${one.format} a file was refused: ${one.refused}`);
}

export const collectedBody = ({ failure, isComplete, ...rest }: Collected) => ({
  ...rest,
  complete: isComplete,
  failure: failure?.message ?? null,
});
