/** Rebuilding every projection from the log, and starting a daemon on a long one. */
import { runReplay } from '../src/projections/replay-thread.js';
import { spawnDaemon } from '../test/support/daemon.js';
import { type Benchmark, median, residentMb, withFolder } from './measure.js';
import { fill, openLedger } from './reports.js';

export const replay: Benchmark = {
  title: 'Replay and start on a long log',
  question:
    'Events per second folded into shadow tables, compared with the live ones; time to the first answer; memory.',
  run: ({ runs, logEvents }) =>
    withFolder(async (folder) => {
      const ledger = await openLedger(folder);
      await fill(ledger, logEvents);
      await ledger.close();
      const folded: number[] = [];
      const whole: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const { fold, all } = await replayRate(folder);
        folded.push(fold);
        whole.push(all);
      }
      const replayPeak = residentMb('self').peak;
      const starts: number[] = [];
      let daemonPeak = 0;
      for (let run = 0; run < runs; run += 1) {
        const daemon = await spawnDaemon(folder);
        starts.push(daemon.readyMs);
        daemonPeak = Math.max(daemonPeak, residentMb(daemon.pid).peak);
        await daemon.stop();
      }
      const size = logEvents.toLocaleString('en');
      return [
        { name: `rebuild of ${size} events`, value: median(folded), unit: 'events/s', target: { atLeast: 100_000 } },
        { name: 'rebuild and comparison', value: median(whole), unit: 'events/s' },
        { name: 'peak memory of the replay', value: replayPeak, unit: 'MB', target: { atMost: 400 } },
        { name: `cold start at ${size} events`, value: median(starts), unit: 'ms', target: { atMost: 2_000 } },
        { name: 'peak memory of the daemon', value: daemonPeak, unit: 'MB', target: { atMost: 400 } },
      ];
    }),
};

/** Of a check of all projections: events per second until they are folded, and until they are compared. */
export async function replayRate(database: string): Promise<{ fold: number; all: number }> {
  const started = performance.now();
  const steps = runReplay({ kind: 'replay', database, options: { check: true } });
  let foldedAt = 0;
  for (;;) {
    const step = await steps.next();
    if (step.done === true) {
      if (step.value?.identical !== true) throw new Error('the replay differs from the live tables');
      const { events } = step.value;
      const rate = (until: number) => (events / (until - started)) * 1_000;
      return { fold: rate(foldedAt), all: rate(performance.now()) };
    }
    if (step.value.phase === 'compare' && foldedAt === 0) foldedAt = performance.now();
  }
}
