/** Readings of the quota as somebody captured them: a file, or standard input, in the format of its source. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { loadSource } from '../../intake/load-source.js';
import { readingReport } from '../../intake/report.js';
import { limits } from '../../limits.js';
import { systemTimeZone } from '../../runtime/time-zone.js';
import { failure, negativeResult } from '../exit.js';
import type { CommandText } from '../ledger-client.js';

/** The readings, oldest first, as commands. At least one: where there is none, it is said why. */
export async function capturedReadings(format: string, file: string, at: number): Promise<CommandText[]> {
  const source = await loadSource(format);
  const bytes = file === '-' ? Buffer.from(await text(process.stdin)) : await readFile(file);
  const name = file === '-' ? 'Standard input' : file;
  if (bytes.length > limits.readingBytesMax) {
    throw failure(`${name} has more than ${limits.readingBytesMax} bytes: that is no ${format}.`);
  }
  const { observations, skipped, refused } = source.read(bytes, { at, path: null, timeZone: systemTimeZone() });
  if (refused !== null) throw failure(`${name} is refused: ${refused}. Nothing of it is kept.`);
  const commands = observations.flatMap((observation) => {
    const report = observation.kind === 'quota' ? readingReport(observation) : null;
    return report === null ? [] : [report];
  });
  if (commands.length > 0) return commands;
  const reasons = Object.entries(skipped).map(([reason, count]) => `${reason} (${count})`);
  throw negativeResult(`${name} holds no reading${reasons.length === 0 ? '' : `: ${reasons.join(', ')}`}.`);
}
