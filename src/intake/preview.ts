/** What a source would record of files and folders, and records nothing: `sources read`. */
import { resolve } from 'node:path';
import { limits } from '../limits.js';
import { systemTimeZone } from '../runtime/time-zone.js';
import { Combiner } from '../sources/combine.js';
import { Skipped } from '../sources/skipped.js';
import type { Observation, ReadContext, ReadResult, Source } from '../sources/source.js';
import { type Cursor, emptyCursor } from './cursor.js';
import { type FileMark, isContinued, markOf } from './file-mark.js';
import { filesOf, reasonOf, type SourceFile } from './files.js';
import { OpenFile } from './open-file.js';
import { PartBuffer, readLines } from './read-lines.js';

export interface Preview {
  readonly observations: readonly Observation[];
  readonly skipped: Readonly<Record<string, number>>;
  /** Why one of the files was refused; null where none was. */
  readonly refused: string | null;
}

export interface PreviewOptions {
  /** When it is read, in milliseconds UTC. */
  readonly at: number;
  /** Where files were read to before; they may grow then, and what was known is left out. */
  readonly cursor?: Cursor | undefined;
}

/** What there is, and the cursor for the next time. */
export function preview(
  source: Source,
  roots: readonly string[],
  { at, cursor }: PreviewOptions,
): Preview & { readonly cursor: Cursor } {
  const reading = new Reading(source, at, cursor);
  for (const file of filesOf(
    roots,
    (path) => source.accepts(path),
    (reason) => reading.skipped.add(reason),
  ))
    reading.readFile(file);
  return reading.result();
}

class Reading {
  readonly skipped = new Skipped();
  readonly #source: Source;
  readonly #context: Pick<ReadContext, 'at' | 'timeZone'>;
  readonly #mayGrow: boolean;
  readonly #before: Cursor;
  readonly #marks: Record<string, FileMark> = {};
  readonly #buffer = new PartBuffer();
  readonly #combiner: Combiner;
  /** Of a source that combines them itself. */
  readonly #uncombined: Observation[] = [];
  #refused: string | null = null;

  constructor(source: Source, at: number, cursor: Cursor | undefined) {
    this.#source = source;
    this.#context = { at, timeZone: systemTimeZone() };
    this.#mayGrow = cursor !== undefined;
    this.#before = cursor ?? emptyCursor;
    this.#combiner = new Combiner(this.#before.known);
  }

  /** A file that cannot be read, or changes meanwhile, is counted, and the others are read. */
  readFile({ file, path }: SourceFile): void {
    const name = resolve(file);
    try {
      const open = OpenFile.open(file);
      if (open === null) return this.skipped.add('not-a-file');
      try {
        this.#marks[name] = this.#readOpen(open, path, this.#before.files[name]);
        if (open.wasCut) this.skipped.add('file-was-cut');
      } finally {
        open.close();
      }
    } catch (error) {
      this.skipped.add(reasonOf(error));
    }
  }

  result(): Preview & { readonly cursor: Cursor } {
    for (const observation of this.#source.combine?.(this.#uncombined) ?? []) this.#combiner.add(observation);
    return {
      observations: this.#combiner.news,
      skipped: this.skipped.counts,
      refused: this.#refused,
      cursor: { files: this.#marks, known: this.#combiner.known(limits.knownUsesMax) },
    };
  }

  #readOpen(open: OpenFile, path: string, before: FileMark | undefined): FileMark {
    const mark = before !== undefined && isContinued(open, before) ? before : undefined;
    if (this.#source.unit === 'document') return this.#readDocument(open, path, mark);
    let state = mark?.state;
    const from = mark ?? { offset: 0, insideLongLine: false };
    const progress = readLines(open, from, this.#mayGrow, this.#buffer, {
      take: (input, mayGrow) => {
        const result = this.#source.read(input, { ...this.#context, path, state, mayGrow });
        state = result.state;
        this.#add(result);
        return result.consumed;
      },
      skipLongLine: () => this.skipped.add('line-too-long'),
    });
    return markOf(open, progress, state);
  }

  #readDocument(open: OpenFile, path: string, mark: FileMark | undefined): FileMark {
    if (mark !== undefined && mark.size === open.size) return mark;
    const end = { offset: open.size, insideLongLine: false };
    if (open.size > limits.documentBytesMax) this.skipped.add('file-too-large');
    else this.#add(this.#source.read(wholeOf(open), { ...this.#context, path }));
    return markOf(open, end, undefined);
  }

  #add({ observations, skipped, refused }: ReadResult): void {
    this.#refused ??= refused;
    for (const [reason, count] of Object.entries(skipped)) this.skipped.add(reason, count);
    for (const observation of observations) {
      if (this.#source.combine === undefined) this.#combiner.add(observation);
      else this.#uncombined.push(observation);
    }
  }
}

function wholeOf(open: OpenFile): Uint8Array {
  const bytes = new Uint8Array(open.size);
  let length = 0;
  for (let got = -1; got !== 0; length += got) got = open.read(bytes, length, bytes.length - length, length);
  return bytes.subarray(0, length);
}
