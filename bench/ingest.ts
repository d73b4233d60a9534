/** Many reports in one request: an NDJSON stream, and JSON arrays, each item with its own outcome, durable and projected. */
import { spawnDaemon } from '../test/support/daemon.js';
import type { Benchmark } from './benchmark.js';
import { appendSpeed } from './in-process.js';
import { type LoadResult, portOf, runLoad } from './load.js';
import { median, runsOf, withFolder } from './measure.js';
import { report } from './reports.js';
import { streamRate } from './stream-load.js';

const arrayItems = 1_000;
const arrayConnections = 4;

export const ingest: Benchmark = {
  title: 'Bulk ingest over HTTP',
  question:
    'Events per second, durable, with chain and all projections, each item answered: one NDJSON stream, and arrays of 1,000 over four connections; against appending in process in batches of 1,000 in the same run.',
  async run(scale) {
    const { quick } = scale;
    const events = quick ? 20_000 : 300_000;
    const streamed: number[] = [];
    const arrays: LoadResult[] = [];
    const inProcess: number[] = [];
    for (const _ of runsOf(scale, 'taking in streams and arrays')) {
      inProcess.push((await appendSpeed(1_000, events)).rate);
      await withFolder(async (folder) => {
        const daemon = await spawnDaemon(folder);
        try {
          await streamRate({ url: daemon.url, events: 5_000 });
          streamed.push(await streamRate({ url: daemon.url, events }));
          arrays.push(await sendArrays(daemon.url, quick ? 1.5 : 8));
        } finally {
          await daemon.stop();
        }
      });
    }
    const baseline = { name: 'in process', value: median(inProcess) };
    const rate = median(arrays.map(({ requestsPerSecond }) => requestsPerSecond)) * arrayItems;
    return {
      figures: [
        {
          name: 'NDJSON',
          value: median(streamed),
          unit: 'events/s',
          baseline,
          target: [{ atLeast: 60_000 }, { atLeast: 0.7, ratio: true }],
        },
        { name: 'arrays of 1,000', value: rate, unit: 'events/s', baseline },
        { name: 'p50 of an array', value: median(arrays.map(({ p50Ms }) => p50Ms)), unit: 'ms' },
        { name: 'p99 of an array', value: median(arrays.map(({ p99Ms }) => p99Ms)), unit: 'ms' },
      ],
    };
  },
};

function sendArrays(url: string, seconds: number): Promise<LoadResult> {
  const body = JSON.stringify(Array.from({ length: arrayItems }, (_, i) => report(i)));
  const requests = [{ path: '/v1/events', body }];
  return runLoad({ port: portOf(url), requests, connections: arrayConnections, seconds, warmSeconds: 0.5 });
}
