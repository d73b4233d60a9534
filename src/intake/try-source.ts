/** Whether a source works here: where its files are, whether they can be read, and what the newest one that shows something shows. */
import { accessSync, constants, statSync } from 'node:fs';
import { limits } from '../limits.js';
import type { Observation, Source } from '../sources/source.js';
import { FileReader } from './file-reader.js';
import { reasonOf, type SourceFile } from './files.js';
import { preview } from './preview.js';

export interface Trial {
  readonly roots: readonly { readonly path: string; readonly fault: string | null }[];
  readonly files: number;
  /** What kept files or folders from being found, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** The newest file; null where there is none. */
  readonly newest: FileTrial | null;
  /** The newest of the newest files that shows something; null where none of those does. */
  readonly telling: FileTrial | null;
}

export interface FileTrial {
  readonly file: string;
  readonly bytes: number;
  /** Milliseconds UTC. */
  readonly modifiedAt: number;
  readonly counts: Readonly<Record<Observation['kind'], number>>;
  readonly skipped: Readonly<Record<string, number>>;
  readonly refused: string | null;
  /** Of the client that wrote it, as far as it says so. */
  readonly clientVersions: readonly string[];
}

export function trySource(source: Source, roots: readonly string[], at: number): Trial {
  const looked = roots.map((path) => ({ path, fault: faultOf(path) }));
  const reader = new FileReader(source, { at, mayGrow: false });
  const files = reader.find(looked.flatMap(({ path, fault }) => (fault === null ? [path] : [])));
  const trials = newestOf(files, limits.triedFilesMax).map((one) => tryFile(source, one, at));
  return {
    roots: looked,
    files: files.length,
    skipped: reader.skipped.counts,
    newest: trials[0] ?? null,
    telling: trials.find(({ counts }) => Object.values(counts).some((count) => count > 0)) ?? null,
  };
}

function faultOf(path: string): string | null {
  try {
    accessSync(path, statSync(path).isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : reasonOf(error);
  }
}

type Dated = SourceFile & { readonly modifiedAt: number };

function newestOf(files: readonly SourceFile[], count: number): Dated[] {
  const dated = files.map((file) => ({
    ...file,
    modifiedAt: Math.floor(statSync(file.file, { throwIfNoEntry: false })?.mtimeMs ?? 0),
  }));
  return dated.sort((a, b) => b.modifiedAt - a.modifiedAt).slice(0, count);
}

function tryFile(source: Source, { file, bytes, modifiedAt }: Dated, at: number): FileTrial {
  const { observations, skipped, refused } = preview(source, [file], { at });
  const counts = { use: 0, quota: 0, total: 0, event: 0 };
  for (const { kind } of observations) counts[kind] += 1;
  const clientVersions = new Set(observations.flatMap(({ place: { clientVersion } }) => clientVersion ?? []));
  return { file, bytes, modifiedAt, counts, skipped, refused, clientVersions: [...clientVersions] };
}
