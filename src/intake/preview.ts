/** What a source would record of files and folders, and records nothing: `sources read`. */
import { resolve } from 'node:path';
import { limits } from '../limits.js';
import { Combiner } from '../sources/combine.js';
import type { Observation, Source } from '../sources/source.js';
import { type Cursor, emptyCursor } from './cursor.js';
import type { FileMark } from './file-mark.js';
import { FileReader } from './file-reader.js';

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
  /** Told how many bytes were read, of how many. */
  readonly onRead?: ((read: number, total: number) => void) | undefined;
}

/** What there is, and the cursor for the next time. */
export function preview(
  source: Source,
  roots: readonly string[],
  { at, cursor, onRead }: PreviewOptions,
): Preview & { readonly cursor: Cursor } {
  const { files: before, known, links = {} } = cursor ?? emptyCursor;
  const reader = new FileReader(source, { at, mayGrow: cursor !== undefined });
  const combiner = new Combiner(known);
  /** Of a source that combines them itself. */
  const uncombined: Observation[] = [];
  const marks: Record<string, FileMark> = {};
  const files = reader.find(roots);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const file of files) {
    const name = resolve(file.file);
    for (const { observations, mark } of reader.read(file, before[name])) {
      marks[name] = mark;
      if (source.combine !== undefined) uncombined.push(...observations);
      else for (const observation of observations) combiner.add(observation);
      onRead?.(done + mark.offset, total);
    }
    done += file.bytes;
  }
  for (const observation of source.combine?.(uncombined, links) ?? []) combiner.add(observation);
  return {
    observations: combiner.news,
    skipped: reader.skipped.counts,
    refused: reader.refused,
    get cursor() {
      return {
        files: marks,
        known: combiner.known(limits.knownUsesMax),
        links: { ...links, ...source.linksOf?.(uncombined) },
      };
    },
  };
}
