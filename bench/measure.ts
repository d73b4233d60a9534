/** Small tools that all benchmarks use. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The quantile (0 to 1) of some values, e.g. 0.99. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const perSecond = (count: number, started: number): number => (count / (performance.now() - started)) * 1_000;

/** Longer logs are gone through once: one run over 10,000,000 events takes minutes, in which short disturbances even out. */
export const repeatedEventsMax = 1_000_000;

interface Runs {
  readonly runs: number;
  readonly quick: boolean;
}

/** The numbers of the runs of which the median is taken; says on stderr which one is under way, as they are long. */
export function* runsOf({ runs, quick }: Runs, what: string) {
  for (let run = 1; run <= runs; run += 1) {
    if (!quick) process.stderr.write(`${what} (run ${run} of ${runs})\n`);
    yield run;
  }
}

/** As `runsOf`, for what goes through a whole log of so many events. */
export const runsThrough = (events: number, { runs, quick }: Runs, what: string) =>
  runsOf({ runs: events > repeatedEventsMax ? 1 : runs, quick }, what);

/** Runs `body` with a folder of its own and removes it. On a real disk, not in memory: set TMPDIR if /tmp is one. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'resource-share-bench-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
