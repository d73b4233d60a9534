/** NDJSON over HTTP: one stream of reports, each with its own outcome, all of them durable and projected. */
import { request } from 'node:http';
import { spawnDaemon } from '../test/support/daemon.js';
import { type Benchmark, median, residentMb, withFolder } from './measure.js';
import { report } from './reports.js';

export const ndjson: Benchmark = {
  title: 'NDJSON ingest over HTTP',
  question: 'Events per second of one stream, durable, with chain and all projections, each line answered.',
  async run({ runs, quick }) {
    const events = quick ? 50_000 : 200_000;
    const rates: number[] = [];
    let peak = 0;
    for (let run = 0; run < runs; run += 1) {
      await withFolder(async (folder) => {
        const daemon = await spawnDaemon(folder);
        try {
          await stream(daemon.url, 5_000);
          const started = performance.now();
          await stream(daemon.url, events);
          rates.push((events / (performance.now() - started)) * 1_000);
          peak = Math.max(peak, residentMb(daemon.pid).peak);
        } finally {
          await daemon.stop();
        }
      });
    }
    return [
      { name: 'NDJSON', value: median(rates), unit: 'events/s', target: { atLeast: 15_000 } },
      { name: 'peak memory of the daemon meanwhile', value: peak, unit: 'MB', target: { atMost: 400 } },
    ];
  },
};

/** Sends `events` lines and reads as many outcomes; throws when one was not recorded. */
function stream(url: string, events: number): Promise<void> {
  const lines = Array.from({ length: 1_000 }, (_, i) => `${JSON.stringify(report(i))}\n`).join('');
  return new Promise((resolve, reject) => {
    const post = request(new URL('/v1/events', url), {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', accept: 'application/x-ndjson' },
    });
    post.on('error', reject);
    post.on('response', (response) => {
      let recorded = 0;
      let rest = '';
      response.on('data', (chunk: Buffer) => {
        const text = rest + chunk.toString('latin1');
        const parts = text.split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) if (line.includes('"recorded"')) recorded += 1;
      });
      response.on('end', () =>
        recorded === events ? resolve() : reject(new Error(`${recorded} of ${events} were recorded`)),
      );
    });
    let sent = 0;
    const send = () => {
      while (sent < events) {
        sent += 1_000;
        if (!post.write(lines)) {
          post.once('drain', send);
          return;
        }
      }
      post.end();
    };
    send();
  });
}
