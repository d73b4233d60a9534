/** What a source would record of a file or a folder, and records nothing: `sources read`. */
import { readFileSync } from 'node:fs';
import { combined } from '../sources/combine.js';
import { Skipped } from '../sources/skipped.js';
import type { Observation, Source } from '../sources/source.js';
import { filesOf, reasonOf } from './files.js';

export interface Preview {
  readonly observations: readonly Observation[];
  readonly skipped: Readonly<Record<string, number>>;
  /** Why one of the files was refused; null where none was. */
  readonly refused: string | null;
}

export function preview(source: Source, root: string, at: number): Preview {
  const skipped = new Skipped();
  const observations: Observation[] = [];
  let refused: string | null = null;
  const skip = (reason: string) => skipped.add(reason);
  for (const { file, path } of filesOf(root, (path) => source.accepts(path), skip)) {
    let input: Uint8Array;
    try {
      input = readFileSync(file);
    } catch (error) {
      skip(reasonOf(error));
      continue;
    }
    const result = source.read(input, { at, path });
    refused ??= result.refused;
    observations.push(...result.observations);
    for (const [reason, count] of Object.entries(result.skipped)) skipped.add(reason, count);
  }
  const all = source.combine?.(observations) ?? observations;
  return { observations: combined(all), skipped: skipped.counts, refused };
}
