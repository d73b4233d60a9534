/** Writing a chart to a file, and saying so. */
import { writeFile } from 'node:fs/promises';
import { remark } from './output.js';

export async function writePlot(path: string, svg: string): Promise<void> {
  await writeFile(path, svg);
  remark(`The plot is in ${path}.`);
}
