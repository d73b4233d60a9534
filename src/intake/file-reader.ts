/** Reads the files of a source, each in parts: what a part shows, and the mark that says that it was read. */
import { limits } from '../limits.js';
import { systemTimeZone } from '../runtime/time-zone.js';
import { Skipped } from '../sources/skipped.js';
import type { Observation, ReadContext, ReadResult, Source } from '../sources/source.js';
import { type FileMark, isContinued, markOf, modifiedMs } from './file-mark.js';
import { filesOf, reasonOf, type SourceFile } from './files.js';
import { OpenFile } from './open-file.js';
import { PartBuffer, readLines } from './read-lines.js';

export interface FilePart {
  readonly observations: readonly Observation[];
  /** How far the file was read with it. */
  readonly mark: FileMark;
}

export interface FileReaderOptions {
  /** When it is read, in milliseconds UTC. */
  readonly at: number;
  /** Whether a last line without an end waits. */
  readonly mayGrow: boolean;
  /** Whether a document is read as of when it was written. */
  readonly asWritten?: boolean | undefined;
  /** Whether it is news that this file is left out, for this reason; else it is not counted. */
  readonly isNews?: ((reason: string, file: string) => boolean) | undefined;
}

export class FileReader {
  readonly skipped = new Skipped();
  readonly #source: Source;
  readonly #at: number;
  readonly #mayGrow: boolean;
  readonly #asWritten: boolean;
  readonly #isNews: NonNullable<FileReaderOptions['isNews']>;
  readonly #buffer = new PartBuffer();
  #refused: string | null = null;

  constructor(source: Source, { at, mayGrow, asWritten = false, isNews = () => true }: FileReaderOptions) {
    this.#source = source;
    this.#at = at;
    this.#mayGrow = mayGrow;
    this.#asWritten = asWritten;
    this.#isNews = isNews;
  }

  /** Why the first file that was refused was; null where none was. */
  get refused(): string | null {
    return this.#refused;
  }

  find(roots: readonly string[]): SourceFile[] {
    return filesOf(
      roots,
      (path) => this.#source.accepts(path),
      (reason) => this.skipped.add(reason),
    );
  }

  /** Whether nothing was done to the file since the mark. */
  isUnchanged({ file }: SourceFile, before: FileMark | undefined): boolean {
    let open: OpenFile | null = null;
    try {
      open = before === undefined ? null : OpenFile.open(file);
      return open !== null && before !== undefined && open.size === before.size && isContinued(open, before);
    } catch (error) {
      reasonOf(error);
      return false;
    } finally {
      open?.close();
    }
  }

  /** Goes on from the mark where the file is still the one. One that cannot be read, or changes meanwhile, is counted. */
  *read({ file, path }: SourceFile, before: FileMark | undefined): Generator<FilePart, void> {
    let open: OpenFile | null = null;
    try {
      open = OpenFile.open(file);
      if (open === null) return this.#leftOut('not-a-file', file);
      const mark = before !== undefined && isContinued(open, before) ? before : undefined;
      const { unit, isDocument } = this.#source;
      if (unit === 'document' || isDocument?.(path) === true) yield this.#readDocument(open, path, mark);
      else yield* this.#readParts(open, path, mark);
      if (open.wasCut) this.skipped.add('file-was-cut');
    } catch (error) {
      this.#leftOut(reasonOf(error), file);
    } finally {
      open?.close();
    }
  }

  #leftOut(reason: string, file: string): void {
    if (this.#isNews(reason, file)) this.skipped.add(reason);
  }

  *#readParts(open: OpenFile, path: string, mark: FileMark | undefined): Generator<FilePart, void> {
    let state = mark?.state;
    let observations: readonly Observation[] = [];
    const from = mark ?? { offset: 0, insideLongLine: false };
    const parts = readLines(open, from, this.#mayGrow, this.#buffer, {
      take: (input, mayGrow) => {
        const result = this.#source.read(input, contextOf({ at: this.#at, path, state, mayGrow }));
        state = result.state;
        observations = this.#seenIn(result);
        return result.consumed;
      },
      skipLongLine: () => this.skipped.add('line-too-long'),
    });
    for (const progress of parts) {
      yield { observations, mark: markOf(open, progress, state) };
      observations = [];
    }
  }

  #readDocument(open: OpenFile, path: string, mark: FileMark | undefined): FilePart {
    if (mark !== undefined && mark.size === open.size) return { observations: [], mark };
    const read = markOf(open, { offset: open.size, insideLongLine: false }, undefined);
    const at = this.#asWritten ? Math.min(this.#at, modifiedMs(read)) : this.#at;
    let observations: readonly Observation[] = [];
    if (open.size > limits.documentBytesMax) this.skipped.add('file-too-large');
    else observations = this.#seenIn(this.#source.read(wholeOf(open), contextOf({ at, path })));
    return { observations, mark: read };
  }

  #seenIn({ observations, skipped, refused }: ReadResult): readonly Observation[] {
    this.#refused ??= refused;
    for (const [reason, count] of Object.entries(skipped)) this.skipped.add(reason, count);
    return observations;
  }
}

/** To ask for the time zone takes 5 ms, and few need it. */
function contextOf(context: Omit<ReadContext, 'timeZone'>): ReadContext {
  return Object.defineProperty(context, 'timeZone', { get: systemTimeZone, enumerable: true });
}

function wholeOf(open: OpenFile): Uint8Array {
  const bytes = new Uint8Array(open.size);
  let length = 0;
  for (let got = -1; got !== 0; length += got) got = open.read(bytes, length, bytes.length - length, length);
  return bytes.subarray(0, length);
}
