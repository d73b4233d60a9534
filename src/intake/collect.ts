/**
 * Sends what files show to a ledger. Files are read in parts, one after the other; while one batch of reports is under way the next
 * one is read, and no more. A file counts as read up to a place once the ledger has answered for all that was before it: whatever
 * ends a run, the next one sends again what was not answered, and the ledger knows what it has.
 */
import { resolve } from 'node:path';
import { limits } from '../limits.js';
import { nextTurn } from '../runtime/clock.js';
import { Combiner } from '../sources/combine.js';
import type { Observation, Source } from '../sources/source.js';
import { Carrier, type CarrierSettings, type ReadMarks } from './carrier.js';
import { DeliveryAborted } from './delivery.js';
import { type FileMark, modifiedMs } from './file-mark.js';
import { FileReader } from './file-reader.js';
import type { SourceFile } from './files.js';
import { type Report, reportOf } from './report.js';
import { SinkFailure } from './sink.js';
import type { Sweep, Sweeper } from './sweep.js';
import { type Counts, Tally } from './tally.js';
import { datedAt, whenOf } from './when.js';
import type { WhoseOf } from './whose-of.js';

export interface CollectSettings extends CarrierSettings {
  readonly source: Source;
  readonly roots: readonly string[];
  readonly whoseOf: WhoseOf;
  /** Where files are followed: what was found of them a moment ago, and by whom. */
  readonly swept?: { readonly sweep: Sweep; readonly by: Sweeper } | undefined;
  /** Counts what came of it, as it comes. */
  readonly tally?: Tally | undefined;
  readonly onProgress?: ((progress: CollectProgress) => void) | undefined;
  /** Aborted: nothing more is read, what was read is delivered. */
  readonly stop?: AbortSignal | undefined;
}

/** Of what is new since the last run. */
export interface CollectProgress {
  readonly files: number;
  readonly filesTotal: number;
  readonly bytes: number;
  readonly bytesTotal: number;
  readonly reports: number;
}

export interface CollectResult extends Omit<Counts, 'read' | 'refused'> {
  readonly files: number;
  readonly bytes: number;
  /** What was read and made reports. */
  readonly uses: number;
  readonly readings: number;
  readonly sessions: number;
  /** What is dated too far ahead, and waits for its time. */
  readonly early: number;
  /** What waits for a ledger that is away. */
  readonly held: number;
  /** Why a file was refused; null where none was. */
  readonly refused: string | null;
  /** Whether all was read and answered; else why not, where nobody asked it to stop. */
  readonly isComplete: boolean;
  readonly failure: SinkFailure | null;
}

export async function collect(settings: CollectSettings): Promise<CollectResult> {
  const run = new Collection(settings);
  try {
    await run.toEnd();
  } catch (error) {
    if (error instanceof SinkFailure) run.failure = error;
    else if (!(error instanceof DeliveryAborted)) throw error;
  } finally {
    run.end();
  }
  return run.result;
}

class Collection {
  failure: SinkFailure | null = null;
  readonly #settings: CollectSettings;
  readonly #reader: FileReader;
  readonly #carrier: Carrier;
  readonly #tally: Tally;
  readonly #seen = { uses: 0, readings: 0, sessions: 0 };
  readonly #progress = { files: 0, filesTotal: 0, bytes: 0, bytesTotal: 0, reports: 0 };
  #isComplete = false;
  #byId: Map<string, FileMark> | null = null;

  constructor(settings: CollectSettings) {
    this.#settings = settings;
    const isNews = settings.swept?.by.isNews.bind(settings.swept.by);
    this.#reader = new FileReader(settings.source, {
      at: settings.clock.now(),
      mayGrow: true,
      asWritten: true,
      isNews,
    });
    this.#tally = new Tally(settings.tally);
    this.#carrier = new Carrier(settings, this.#tally);
  }

  async toEnd(): Promise<void> {
    const { source, swept, roots } = this.#settings;
    const files = swept?.sweep.files ?? this.#reader.find(roots);
    const changed = swept?.sweep.changed ?? files;
    this.#progress.filesTotal = changed.length;
    for (const file of changed)
      this.#progress.bytesTotal += Math.max(0, file.bytes - (this.#markOf(file)?.offset ?? 0));
    await this.#carrier.sendWaiting();
    const { combine, linksOf } = source;
    if (combine === undefined) await this.#inParts(changed);
    else if (linksOf !== undefined) await this.#linked(changed, combine, linksOf);
    else if (changed.length > 0) await this.#asWhole(files, combine);
    await this.#carrier.answered();
    if (this.#isStopped) return;
    this.#carrier.keepOnly(new Set(files.map(({ file }) => resolve(file))));
    this.#isComplete = true;
  }

  end(): void {
    this.#carrier.save();
    for (const { counts } of [this.#settings.swept?.sweep.skipped, this.#reader.skipped].flatMap((one) => one ?? []))
      for (const [reason, count] of Object.entries(counts)) this.#tally.skip(reason, count);
  }

  get result(): CollectResult {
    const { recorded, repeated, corrected, skipped } = this.#tally.counts;
    return {
      files: this.#progress.files,
      bytes: this.#progress.bytes,
      ...this.#seen,
      recorded,
      repeated,
      corrected,
      skipped,
      ...this.#carrier.waiting,
      refused: this.#reader.refused,
      isComplete: this.#isComplete,
      failure: this.failure ?? this.#carrier.away,
    };
  }

  get #isStopped(): boolean {
    return this.#settings.stop?.aborted === true || this.#settings.abort?.aborted === true;
  }

  /** A file that was renamed is gone on with under its new name. */
  #markOf({ file, id }: SourceFile): FileMark | undefined {
    const { files } = this.#settings.cursor;
    const mark = files[resolve(file)];
    if (mark?.id === id) return mark;
    this.#byId ??= new Map(Object.values(files).map((one) => [one.id, one]));
    return this.#byId.get(id) ?? mark;
  }

  async #inParts(files: readonly SourceFile[]): Promise<void> {
    let combiner = new Combiner();
    let marks: Record<string, FileMark> = {};
    const flush = async () => {
      const { news } = combiner;
      const reached = { marks };
      [combiner, marks] = [new Combiner(), {}];
      await this.#deliver(news, reached);
    };
    for (const file of files) {
      const name = resolve(file.file);
      for await (const { observations, mark } of this.#partsOf(file, this.#markOf(file))) {
        for (const observation of observations) combiner.add(datedAt(observation, modifiedMs(mark)));
        marks[name] = mark;
        if (combiner.news.length >= limits.collectReportsMax) await flush();
      }
      if (this.#isStopped) break;
    }
    await flush();
  }

  /** What is new in them, combined with what is known of all that was read before. */
  async #linked(
    files: readonly SourceFile[],
    combine: NonNullable<Source['combine']>,
    linksOf: NonNullable<Source['linksOf']>,
  ): Promise<void> {
    const found = await this.#allOf(files, (file) => this.#markOf(file));
    const combiner = new Combiner();
    const links = { ...this.#carrier.links };
    await inTurns(found.observations, (some) => Object.assign(links, linksOf(some)));
    await inTurns(found.observations, (some) => {
      for (const observation of combine(some, links)) combiner.add(observation);
    });
    await this.#deliver(combiner.news, { marks: found.marks, links });
  }

  /** What belongs together may be in any of the files, also in those that nothing was added to. */
  async #asWhole(files: readonly SourceFile[], combine: NonNullable<Source['combine']>): Promise<void> {
    const before = this.#settings.cursor.files;
    if (files.every((file) => this.#reader.isUnchanged(file, before[resolve(file.file)]))) return;
    const found = await this.#allOf(files, () => undefined);
    if (this.#isStopped) return;
    const combiner = new Combiner(this.#carrier.known);
    await inTurns(combine(found.observations), (some) => {
      for (const observation of some) combiner.add(observation);
    });
    await this.#deliver(combiner.news, { marks: found.marks, known: combiner.known(limits.knownUsesMax) });
  }

  async #allOf(files: readonly SourceFile[], beforeOf: (file: SourceFile) => FileMark | undefined) {
    const observations: Observation[] = [];
    const marks: Record<string, FileMark> = {};
    for (const file of files) {
      for await (const part of this.#partsOf(file, beforeOf(file))) {
        for (const observation of part.observations) observations.push(datedAt(observation, modifiedMs(part.mark)));
        marks[resolve(file.file)] = part.mark;
      }
      if (this.#isStopped) break;
    }
    return { observations, marks };
  }

  /** Lets what is under way go on between two parts. */
  async *#partsOf(file: SourceFile, before: FileMark | undefined) {
    let offset = this.#markOf(file)?.offset ?? 0;
    for (const part of this.#reader.read(file, before)) {
      yield part;
      this.#progress.bytes += Math.max(0, part.mark.offset - offset);
      offset = part.mark.offset;
      this.#settings.onProgress?.({ ...this.#progress });
      await nextTurn();
      if (this.#isStopped) return;
    }
    this.#progress.files += 1;
  }

  async #deliver(observations: readonly Observation[], reached: ReadMarks): Promise<void> {
    const reports: Report[] = [];
    await inTurns(observations, (some) => reports.push(...this.#reportsOf(some)));
    this.#progress.reports += reports.length;
    await this.#carrier.send(reports, reached);
  }

  #reportsOf(observations: readonly Observation[]): Report[] {
    return observations.flatMap((observation) => {
      const at = whenOf(observation);
      const report = reportOf(observation, (place, session) => this.#settings.whoseOf(place, at, session));
      if (report === null) this.#tally.skip('nothing-to-record');
      else {
        this.#tally.add('read');
        this.#seen[countOf[observation.kind]] += 1;
      }
      return report === null ? [] : [report];
    });
  }
}

/** Lets others go on now and then: what is combined may be all that there is of a source. */
async function inTurns<T>(all: readonly T[], work: (some: readonly T[]) => void): Promise<void> {
  for (let at = 0; at < all.length; at += limits.collectTurn) {
    work(all.slice(at, at + limits.collectTurn));
    await nextTurn();
  }
}

const countOf = { use: 'uses', quota: 'readings', total: 'sessions', event: 'sessions' } as const;
