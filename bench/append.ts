/** Appending in process: how near is the ledger, with chain and projections, to bare inserts, and how far from others? */

import type { Benchmark, Result, Scale, Table } from './benchmark.js';
import { Emmett } from './emmett.js';
import { appendSpeed, bareSpeed, concurrentSpeed, type Speed } from './in-process.js';
import { median, runsOf } from './measure.js';
import { originalSpeed } from './original.js';
import { type Figure, shown } from './target.js';

const batchSizes = [1, 10, 100, 1_000] as const;
const senders = 16;

export const append: Benchmark = {
  title: 'Append in process',
  question:
    'Events per second, durable, with hash chain and every projection; against bare inserts of the same event rows, against Emmett, and against what the original server did per report.',
  async run(scale): Promise<Result> {
    const emmett = await Emmett.find(scale.quick);
    const batches: Batches[] = [];
    for (const size of batchSizes) batches.push(await compareBatches(scale, size, emmett));
    const single = await compareSenders(scale, emmett);
    return {
      figures: [...batches.flatMap(batchFigures), ...single.figures],
      tables: [batchTable(batches)],
      notes: [
        ...(emmett === null ? [Emmett.missing] : [Emmett.settings]),
        single.original === null
          ? 'python3 is not on this machine: the original’s storage path is left out.'
          : 'The original’s storage path (`bench/original.py`): Python’s sqlite3 as it comes (a rollback journal, `synchronous=FULL`), one connection that all senders take turns on, four statements and a commit per report.',
      ],
    };
  },
};

interface Batches {
  readonly size: number;
  readonly ours: Speed;
  readonly bare: Speed;
  readonly emmett: Speed | null;
}

async function compareBatches(scale: Scale, size: number, emmett: Emmett | null): Promise<Batches> {
  const events = size * Math.ceil((scale.quick ? 400 : 8_000) / Math.sqrt(size));
  const speeds: { ours: Speed; bare: Speed; emmett: Speed | null }[] = [];
  for (const _ of runsOf(scale, `appending in batches of ${shown(size)}`)) {
    const { rows, ...ours } = await appendSpeed(size, events);
    const bare = await bareSpeed(rows, size, events);
    const payloads = rows.map(({ payload }) => JSON.parse(payload) as object);
    speeds.push({ ours, bare, emmett: (await emmett?.append(payloads, size, events)) ?? null });
  }
  const others = speeds.flatMap((speed) => speed.emmett ?? []);
  return {
    size,
    ours: medianSpeed(speeds.map(({ ours }) => ours)),
    bare: medianSpeed(speeds.map(({ bare }) => bare)),
    emmett: others.length === 0 ? null : medianSpeed(others),
  };
}

async function compareSenders(scale: Scale, emmett: Emmett | null) {
  const { quick } = scale;
  const reports = quick ? 1_000 : 20_000;
  const ours: number[] = [];
  const original: number[] = [];
  const theirs: number[] = [];
  for (const _ of runsOf(scale, `reporting from ${senders} senders at once`)) {
    ours.push((await concurrentSpeed(senders, reports)).rate);
    const python = await originalSpeed(senders, quick ? 300 : 2_000);
    if (python !== null) original.push(python);
    const one = await emmett?.append([{ name: 'Agent-1', mode: 'autonomy', cost_micro_usd: 12_500 }], 1, reports / 10);
    if (one !== undefined) theirs.push(one.rate);
  }
  const value = median(ours);
  const against = (name: string, rates: readonly number[], atLeast: number): Figure[] =>
    rates.length === 0
      ? []
      : [
          {
            name: `single reports of ${senders} senders at once`,
            value,
            unit: 'events/s',
            baseline: { name, value: median(rates) },
            target: { atLeast, ratio: true },
          },
        ];
  const figures = [
    ...against('the original’s storage path', original, 10),
    ...against('Emmett, one after the other', theirs, 5),
  ];
  return { figures, original: original.length === 0 ? null : median(original) };
}

function batchFigures({ size, ours, bare, emmett }: Batches): Figure[] {
  const isHeld = size === 1_000;
  const figure = { name: `batches of ${shown(size)}`, value: ours.rate, unit: 'events/s' };
  const against = (name: string, { rate }: Speed, atLeast: number): Figure => ({
    ...figure,
    baseline: { name, value: rate },
    target: isHeld ? { atLeast, ratio: true } : undefined,
  });
  return [
    against('bare insert of the events', bare, 0.5),
    ...(emmett === null ? [] : [against('Emmett, without projections', emmett, 5)]),
  ];
}

function batchTable(batches: readonly Batches[]): Table {
  const cells = (speed: Speed | null) =>
    speed === null ? ['', '', ''] : [shown(speed.rate), shown(speed.p50Ms), shown(speed.p99Ms)];
  return {
    title: 'By size of the batch: events/s, and how long a batch took (ms)',
    columns: ['batch', 'ours', 'p50', 'p99', 'bare insert', 'p50', 'p99', 'Emmett', 'p50', 'p99'],
    rows: batches.map(({ size, ours, bare, emmett }) => [
      shown(size),
      ...cells(ours),
      ...cells(bare),
      ...cells(emmett),
    ]),
  };
}

function medianSpeed(speeds: readonly Speed[]): Speed {
  const of = (key: keyof Speed) => median(speeds.map((speed) => speed[key]));
  return { rate: of('rate'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms') };
}
