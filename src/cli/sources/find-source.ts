/** The reader of a format that was named on the command line. */
import { sourceFormats } from '../../sources/registry.js';
import type { Source } from '../../sources/source.js';
import { usageError } from '../exit.js';

export async function sourceNamed(format: string): Promise<Source> {
  const found = sourceFormats.find((one) => one.format === format);
  if (found !== undefined) return found.load();
  const known = sourceFormats.map((one) => one.format).join(', ');
  throw usageError(`"${format}" is no format that can be read. There are: ${known}.`);
}
