/** Moving from the original server: how long its history takes to come along. */
import { join } from 'node:path';
import { OriginalHousehold, writeWeeks } from '../test/support/original-household.js';
import { randomSource } from '../test/support/random.js';
import type { Benchmark, Result } from './benchmark.js';
import { median, runsOf, withFolder } from './measure.js';
import { runVerb, type VerbRun } from './verb.js';

const rows = 100_000;
const secondsMax = 20;
const memoryMbMax = 200;

export const coop: Benchmark = {
  title: "The original's history",
  question: `\`import coop\` of a database with ${rows.toLocaleString('en')} reports, from the start of the command to the end of its comparison and verification; and a second time, when all of it is there.`,
  async run(scale): Promise<Result> {
    const [first, again]: [VerbRun[], VerbRun[]] = [[], []];
    await withFolder(async (folder) => {
      const path = join(folder, 'original.db');
      const household = new OriginalHousehold(path);
      writeWeeks(household, rows, Date.now() - 3_600_000, randomSource(1));
      household.close();
      for (const _ of runsOf(scale, 'importing')) {
        await withFolder(async (data) => {
          first.push(await runVerb('import', 'coop', path, '--data', data));
          again.push(await runVerb('import', 'coop', path, '--data', data));
        });
      }
    });
    const seconds = (runs: readonly VerbRun[]) => median(runs.map((run) => run.seconds));
    return {
      figures: [
        { name: 'the first time', value: seconds(first), unit: 's', target: { atMost: secondsMax } },
        {
          name: 'memory of it',
          value: median(first.map(({ peakMb }) => peakMb)),
          unit: 'MB',
          target: { atMost: memoryMbMax },
        },
        { name: 'again', value: seconds(again), unit: 's' },
      ],
    };
  },
};
