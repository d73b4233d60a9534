/** Rebuilding every projection from the log: how fast, in how much memory, and against what else could do it. */

import type { Benchmark, Result, Scale } from './benchmark.js';
import { Emmett } from './emmett.js';
import { agents } from './history.js';
import { median, runsThrough } from './measure.js';
import { parseRate, type Replayed, replayInProcess } from './replay-process.js';
import { report } from './reports.js';
import { rebuiltTables, sqlRebuildRate } from './sql-rebuild.js';
import { shown } from './target.js';

/** Which it takes a minute or two to rebuild from. */
const emmettEventsMax = 100_000;

export const replay: Benchmark = {
  title: 'Replay',
  question: `Events per second until every projection is folded into its shadow table, and until all rows are compared with the live ones; against ${rebuiltTables.map((table) => `\`${table}\``).join(' and ')} alone rebuilt by SQL (\`INSERT … SELECT\` with JSON functions and GROUP BY) by the same SQLite, which builds the same rows, and against reading and parsing the log. Each in a process of its own, whose peak of memory is the last column.`,
  async run(scale): Promise<Result> {
    const measured: Measured[] = [];
    for (const size of scale.logs.sizes.filter((_, i) => !scale.quick || i !== 1))
      measured.push(await measure(scale, size));
    const largest = measured.at(-1) as Measured;
    const comparable = measured.filter(({ size }) => scale.quick || size <= emmettEventsMax);
    const compared = comparable.at(-1) ?? largest;
    const { replayed, sql } = largest;
    const emmett = await Emmett.find(scale.quick);
    const payloads = Array.from({ length: 1_000 }, (_, i) => report(i).payload as object);
    const theirs =
      (await emmett?.rebuild(payloads, Math.min(compared.size, scale.quick ? 2_000 : emmettEventsMax))) ?? null;
    const name = `replay of ${shown(largest.size)} events`;
    const figure = { name, value: replayed.foldRate, unit: 'events/s' };
    return {
      figures: [
        { ...figure, target: { atLeast: 250_000 } },
        { ...figure, baseline: { name: 'two tables by SQL', value: sql }, target: { atLeast: 1.5, ratio: true } },
        ...(theirs === null
          ? []
          : [
              {
                name: `replay of ${shown(compared.size)} events`,
                value: compared.replayed.foldRate,
                unit: 'events/s',
                baseline: { name: 'Emmett', value: theirs },
                target: { atLeast: 10, ratio: true },
              },
            ]),
        { name: 'peak memory', value: replayed.peakMb, unit: 'MB', target: { atMost: 300 } },
      ],
      tables: [
        {
          title: `By length of the log (events/s; ${agents.length} identities, 30 days)`,
          columns: ['events', 'folded', 'and compared', 'two tables by SQL', 'read and parsed', 'peak memory (MB)'],
          rows: measured.map(({ size, replayed, sql, parsed }) => [
            shown(size),
            shown(replayed.foldRate),
            shown(replayed.wholeRate),
            shown(sql),
            shown(parsed),
            shown(replayed.peakMb),
          ]),
        },
      ],
      notes: [
        emmett === null
          ? Emmett.missing
          : 'Emmett has no rebuild for SQLite: what stands for it is a consumer with a projection that begins at the beginning, of two small tables, in batches of 1,000.',
      ],
    };
  },
};

interface Measured {
  readonly size: number;
  readonly replayed: Replayed;
  readonly sql: number;
  readonly parsed: number;
}

async function measure(scale: Scale, size: number): Promise<Measured> {
  const log = await scale.logs.of(size);
  const replayed: Replayed[] = [];
  const sql: number[] = [];
  const parsed: number[] = [];
  for (const _ of runsThrough(size, scale, `replaying ${shown(size)} events`)) {
    parsed.push(await parseRate(log));
    replayed.push(await replayInProcess(log));
    sql.push(await sqlRebuildRate(log));
  }
  const of = (key: keyof Replayed) => median(replayed.map((one) => one[key]));
  return {
    size,
    replayed: { events: size, foldRate: of('foldRate'), wholeRate: of('wholeRate'), peakMb: of('peakMb') },
    sql: median(sql),
    parsed: median(parsed),
  };
}
