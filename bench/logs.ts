/** The long logs that benchmarks read: filled when first asked for, and shared. */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ProgressLine } from '../src/cli/progress.js';
import { openEngine } from '../src/engines/open.js';
import { parseCommand } from '../src/events/command.js';
import { Ledger } from '../src/ledger/ledger.js';
import { limits } from '../src/limits.js';
import { clockOf } from '../src/runtime/clock.js';
import { dayMs, History, historyDays, type Input, readingSource } from './history.js';
import { withFolder } from './measure.js';
import { pool } from './reports.js';

/** Each batch has a time of its own: a short log, too, is spread over the days. */
const batchesMin = 240;
const batchEventsMax = 1_000;
/** Of so many batches, the reports of one are answered with an interval, as single reports are. */
const advisedOneIn = 50;

/** Deep pages need more rows than one page has. */
const shortest = 500;

export class LongLogs {
  readonly #folder: string;
  /** Events of each log, ascending: a hundredth and a tenth of the largest, and that. */
  readonly sizes: readonly [number, number, number];

  constructor(folder: string, largest: number) {
    this.#folder = folder;
    const part = (of: number) => Math.max(shortest, Math.ceil(largest / of));
    this.sizes = [part(100), part(10), largest];
  }

  get largest(): number {
    return this.sizes[2];
  }

  /** The data directory of a log of about so many events. Who asks may add a few, but no more: see `withCopy`. */
  async of(events: number): Promise<string> {
    const folder = join(this.#folder, `${events}-events`);
    if (existsSync(folder)) return folder;
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    await fill(unfinished, events);
    renameSync(unfinished, folder);
    return folder;
  }

  /** With a copy of a log, for what appends a lot. */
  async withCopy<T>(events: number, body: (folder: string) => Promise<T>): Promise<T> {
    const original = await this.of(events);
    return withFolder(async (folder) => {
      process.stderr.write(`copying the log of ${events.toLocaleString('en')} events…\n`);
      cpSync(original, folder, { recursive: true });
      return body(folder);
    });
  }
}

/** The ledger's clock runs through the days of the history while the log is filled, and ends now. */
async function fill(folder: string, events: number): Promise<void> {
  const end = Date.now();
  const start = end - historyDays * dayMs;
  const batchEvents = Math.min(batchEventsMax, Math.ceil(events / batchesMin));
  let now = start;
  const settings = {
    database: folder,
    timeZone: 'UTC',
    unknownAgents: 'auto',
    newcomersPerHour: limits.newcomersPerHourMax,
    clock: clockOf(() => now),
  } as const;
  const ledger = await Ledger.open(await openEngine(folder, 'writer'), settings);
  const line = new ProgressLine('events');
  const history = new History(start);
  let corrects: string | null = null;
  const submit = async (inputs: readonly Input[], advise: boolean) => {
    const outcomes = await ledger.submit(pool, { commands: inputs.map(commandOf), advise });
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') throw new Error(`${inputs[i]?.type}: ${outcome.detail}`);
      if (inputs[i]?.type === 'usage.recorded') corrects = idOf(outcome) ?? corrects;
    }
  };
  try {
    await ledger.addPool(pool);
    await submit(history.beginning(), false);
    let before: Promise<unknown> = Promise.resolve();
    for (let done = 0; done < events; done += batchEvents) {
      const reached = start + (end - start) * (done / events);
      now = Math.max(now, Math.floor(reached));
      const inputs = history.next(Math.min(batchEvents, events - done), now, corrects);
      const batch = submit(inputs, (done / batchEvents) % advisedOneIn === 0);
      await before;
      before = batch;
      line.show('filling a log', done, events);
    }
    await before;
    now = end;
    line.show('keeping checkpoints', events, events);
    await ledger.keepCheckpoints();
  } finally {
    line.end();
    await ledger.close();
  }
}

const idOf = (outcome: { readonly receipt?: { readonly id: string } | undefined }) => outcome.receipt?.id ?? null;

function commandOf(input: Input) {
  const source = input.type === 'quota.read' ? readingSource : 'bench/1';
  return parseCommand(input, { actor: 'local', source });
}
