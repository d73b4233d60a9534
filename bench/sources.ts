/** What people have is read from files: whether that costs more than it must. */
import type { Benchmark, Result, Scale } from './benchmark.js';
import { median, runsOf, withFolder } from './measure.js';
import { CommandTimes } from './source-commands.js';
import { type Floor, memoryOf, speedsOf } from './sources-process.js';
import { type Figure, shown } from './target.js';
import { type TranscriptKind, writeTranscripts } from './transcripts.js';

const memoryMbMax = 250;

export const sources: Benchmark = {
  title: 'Reading transcripts',
  question:
    'Megabytes per second of processor time until every response is known once, and the memory that takes: of transcripts as agents leave them (a line of 5 KB that says what was used, and thirty of up to 60 KB that do not), against reading the same bytes and looking for `"type":"assistant"`; and of lines of a kilobyte that all say it, against reading them and `JSON.parse`. The best of five passes, in turns; memory in a process that reads once. Then the whole command, its start included, against `ccusage` on the same files, which says sums by day; and `collect --once` through a daemon that is empty before, whose time counts too.',
  async run(scale): Promise<Result> {
    const { quick } = scale;
    const long = await measure(scale, 'long lines', 'looking', quick ? 50 : 500);
    const short = await measure(scale, 'usage alone', 'parsing', quick ? 20 : 50);
    return {
      figures: [
        figureOf(long, 'looking for a mark', 0.5),
        memory(long),
        ...long.commands,
        figureOf(short, '`JSON.parse` of each line', 0.7),
        memory(short),
        ...short.commands,
      ],
    };
  },
};

interface Measured {
  readonly name: string;
  readonly reading: number;
  readonly floor: number;
  readonly peakMb: number;
  readonly commands: readonly Figure[];
}

function measure(scale: Scale, kind: TranscriptKind, floor: Floor, megabytes: number): Promise<Measured> {
  return withFolder(async (folder) => {
    const responses = writeTranscripts(folder, kind, megabytes * 1_000_000);
    const name = `${shown(megabytes)} MB, ${kind}`;
    const reading: number[] = [];
    const least: number[] = [];
    const peakMb: number[] = [];
    const commands = new CommandTimes();
    for (const _ of runsOf(scale, `reading ${name}`)) {
      const memory = await memoryOf(folder);
      if (memory.responses !== responses) throw new Error(`${memory.responses} of ${responses} responses were read`);
      const speeds = await speedsOf(folder, floor);
      reading.push(speeds.reading);
      least.push(speeds.floor);
      peakMb.push(memory.peakMb);
      await commands.take(folder);
    }
    return {
      name,
      reading: median(reading),
      floor: median(least),
      peakMb: median(peakMb),
      commands: commands.figures(name, megabytes),
    };
  });
}

const figureOf = ({ name, reading, floor }: Measured, against: string, atLeast: number): Figure => ({
  name,
  value: reading,
  unit: 'MB/s of processor time',
  baseline: { name: against, value: floor },
  target: { atLeast, ratio: true },
});

const memory = ({ name, peakMb }: Measured): Figure => ({
  name: `peak memory (${name})`,
  value: peakMb,
  unit: 'MB',
  target: { atMost: memoryMbMax },
});
