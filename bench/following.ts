/** A collector runs all day beside agents: what it takes while nothing happens. */
import { limits } from '../src/limits.js';
import type { Benchmark, Result } from './benchmark.js';
import { idleCost } from './following-process.js';
import { median, runsOf, withFolder } from './measure.js';
import type { Figure } from './target.js';

const files = 5_000;
const coreMax = 0.5;

export const following: Benchmark = {
  title: 'Following files',
  question:
    'Processor time of a collector that follows 5,000 transcripts in 500 folders to which nothing happens: of one look at all of them, and as a part of one core at the usual 30 s between two looks and at the 5 s that may be set.',
  async run(scale): Promise<Result> {
    const taken: number[] = [];
    for (const _ of runsOf(scale, `following ${files} files`)) {
      const { sweepMs } = await withFolder((folder) => idleCost(folder, files));
      taken.push(sweepMs);
    }
    const sweepMs = median(taken);
    return {
      figures: [
        { name: 'one look', value: sweepMs, unit: 'ms of processor time' },
        partOfCore(sweepMs, limits.sweepSecondsMax),
        partOfCore(sweepMs, limits.sweepSecondsMin),
      ],
    };
  },
};

const partOfCore = (sweepMs: number, everySeconds: number): Figure => ({
  name: `every ${everySeconds} s`,
  value: sweepMs / everySeconds / 10,
  unit: '% of a core',
  ...(everySeconds === limits.sweepSecondsMax ? { target: { atMost: coreMax } } : {}),
});
