/** A client that sends reports as one NDJSON stream, in a process of its own, and reads the outcome of each. */
import { request } from 'node:http';
import { serveParent, startChild } from './child.js';
import { perSecond } from './measure.js';
import { report } from './reports.js';

const linesAtOnce = 1_000;

interface Stream {
  readonly url: string;
  readonly events: number;
}

/** Sends a number of reports; their rate, once the last is answered. Fails when one was not recorded. */
export const streamRate = (stream: Stream): Promise<number> => startChild<number>(import.meta.url, stream).result;

function drive({ url, events }: Stream): Promise<number> {
  const lines = Buffer.from(Array.from({ length: linesAtOnce }, (_, i) => `${JSON.stringify(report(i))}\n`).join(''));
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const post = request(new URL('/v1/events', url), {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', accept: 'application/x-ndjson' },
    });
    post.on('error', reject);
    post.on('response', (response) => {
      let recorded = 0;
      let rest = '';
      response.setEncoding('latin1').on('data', (chunk: string) => {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) if (line.includes('"recorded"')) recorded += 1;
      });
      response.on('end', () => {
        if (recorded === events) resolve(perSecond(events, started));
        else reject(new Error(`${recorded} of ${events} were recorded`));
      });
    });
    let sent = 0;
    const send = () => {
      while (sent < events) {
        sent += linesAtOnce;
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

serveParent(import.meta.url, drive);
