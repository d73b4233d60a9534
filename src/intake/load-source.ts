/** Readers are loaded when somebody sends something: neither a start waits for them, nor who needs one for all the others. */
import type { Source } from '../sources/source.js';

export async function loadSource(format: string): Promise<Source> {
  const { sourceFormats } = await import('../sources/registry.js');
  const found = sourceFormats.find((one) => one.format === format);
  if (found === undefined) throw new Error(`there is no reader of ${format}`);
  return found.load();
}
