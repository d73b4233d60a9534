/**
 * A load of requests, repeated over keep-alive connections, from a process of its own. Raw sockets and prepared
 * buffers: the usual load tools for Node take more of two cores than the server they measure.
 *
 *     node dist/bench/load.js '{"port":8765,"path":"/x","body":"…","connections":64,"seconds":5}'
 */

import { fork } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface Load {
  readonly port: number;
  readonly path: string;
  /** Sent in turn where there are several. */
  readonly body: string | readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
}

/** Runs the load in a child process. */
export function runLoad(load: Load): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(load)]);
    child.once('message', (result) => resolve(result as LoadResult));
    child.once('exit', (code) => reject(new Error(`the load ended with ${code}`)));
  });
}

function drive(load: Load): Promise<LoadResult> {
  const requests = [load.body].flat().map((text) => {
    const body = Buffer.from(text);
    const head = `POST ${load.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), body]);
  });
  let next = 0;
  const latencies: number[] = [];
  let failures = 0;
  const warmUntil = performance.now() + 1_000;
  const until = warmUntil + load.seconds * 1_000;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(load.port, '127.0.0.1');
      socket.setNoDelay(true);
      let sentAt = 0;
      let received = '';
      const send = () => {
        sentAt = performance.now();
        socket.write(requests[next++ % requests.length] as Buffer);
      };
      socket.on('connect', send);
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        const end = received.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        const now = performance.now();
        if (!received.startsWith('HTTP/1.1 2')) failures += 1;
        else if (now > warmUntil) latencies.push(now - sentAt);
        received = '';
        if (now < until) send();
        else {
          socket.destroy();
          resolve();
        }
      });
    });
  return Promise.all(Array.from({ length: load.connections }, one)).then(() => {
    latencies.sort((a, b) => a - b);
    const at = (q: number) => latencies[Math.floor(latencies.length * q)] ?? Number.NaN;
    return { requestsPerSecond: latencies.length / load.seconds, p50Ms: at(0.5), p99Ms: at(0.99), failures };
  });
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = await drive(JSON.parse(process.argv[2] ?? '{}'));
  process.send(result, () => process.exit(0));
}
