/** Where the program that writes a format keeps it on this machine. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { defaultRoots } from '../../intake/default-roots.js';
import { processEnvironment } from '../../settings/environment.js';
import type { Source } from '../../sources/source.js';
import { negativeResult, usageError } from '../exit.js';

/** Whether or not they exist. */
export const usualRoots = ({ format }: Pick<Source, 'format'>): readonly string[] =>
  defaultRoots(format, processEnvironment(), homedir());

/** Those that exist. Throws where none does. */
export function existingRoots(source: Pick<Source, 'format'>): readonly string[] {
  const roots = usualRoots(source);
  if (roots.length === 0) throw usageError(`Name the file or the folder to read: none is known for ${source.format}.`);
  const there = roots.filter((root) => existsSync(root));
  if (there.length > 0) return there;
  throw negativeResult(`There is nothing to read: no ${roots.join(', no ')}.`);
}
