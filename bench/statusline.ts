/** The status line of a client: how long the client waits for it, compared with a Node that does nothing. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { program } from '../test/support/program.js';
import type { Benchmark, Result, Scale } from './benchmark.js';
import { median, quantile, withFolder } from './measure.js';

const timesMax = 1.6;
const lineMsMax = 100;

const draw = JSON.stringify({
  session_id: '7f3c',
  cost: { total_cost_usd: 0.5 },
  rate_limits: { five_hour: { used_percentage: 12.4 }, seven_day: { used_percentage: 40 } },
});

export const statusline: Benchmark = {
  title: 'Status line',
  question:
    'From the start of the process to its end, beside `node -e ""`: in turns, on a machine that does nothing else.',
  async run({ quick }: Scale): Promise<Result> {
    const count = quick ? 20 : 200;
    return withFolder(async (folder) => {
      // No daemon is named here, so the background has nobody to report to.
      const env = { ...process.env, XDG_STATE_HOME: folder, RESOURCE_SHARE_DATA: join(folder, 'data') };
      const nothing: number[] = [];
      const lines: number[] = [];
      timed([program, 'statusline', 'Ada'], env);
      for (let i = 0; i < count; i++) {
        nothing.push(timed(['-e', ''], env));
        lines.push(timed([program, 'statusline', 'Ada'], env));
      }
      const beside = (value: number) => ({ name: 'node -e ""', value });
      const figure = (name: string, of: (times: readonly number[]) => number) => ({
        name,
        value: of(lines),
        unit: 'ms',
        baseline: beside(of(nothing)),
      });
      const inTime = { atMost: lineMsMax };
      return {
        figures: [
          { ...figure('a line', median), target: { atMost: timesMax, ratio: true } },
          { ...figure('a line, p99', (times) => quantile(times, 0.99)), target: inTime },
          { ...figure('a line, the longest', (times) => Math.max(...times)), target: inTime },
        ],
        notes: [
          'The longest draws say something on a machine that does nothing else: compare them with those of node.',
          'A draw that reports starts one process more; the others, which most are, do not.',
        ],
      };
    });
  },
};

function timed(args: readonly string[], env: NodeJS.ProcessEnv): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { input: draw, env });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - started;
}
