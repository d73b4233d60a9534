/** Metrics in the text format of Prometheus, read; and promtool, where it is installed. */
import { spawnSync } from 'node:child_process';

/** By series, as the text has it: `name{label="value"}`. */
export function samplesIn(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const end = line.lastIndexOf(' ');
    const series = line.slice(0, end);
    if (samples.has(series)) throw new Error(`${series} is there twice, and Prometheus takes none of it`);
    samples.set(series, Number(line.slice(end + 1)));
  }
  return samples;
}

/** Names of families, in their order. */
export const familiesIn = (text: string): string[] =>
  [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name as string);

/** Why tests with promtool are left out; false where it is there. */
export const withoutPromtool: string | false =
  spawnSync('promtool', ['--version']).status === 0
    ? false
    : 'promtool is not installed: it is part of the Debian package prometheus';

export function promtool(
  args: readonly string[],
  input = '',
): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}
