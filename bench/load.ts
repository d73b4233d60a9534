/**
 * A load of requests, repeated over keep-alive connections, from a process of its own. Raw sockets and prepared
 * buffers: the usual load tools for Node take more of two cores than the server they measure.
 */
import { connect } from 'node:net';
import { type Child, serveParent, startChild } from './child.js';
import { quantile } from './measure.js';

const readBytes = 65_536;
const headBytesMax = 2_048;

export interface Load {
  /** Said on stderr when it begins. */
  readonly announced?: string;
  readonly port: number;
  /** Sent in turn. */
  readonly requests: readonly Request[];
  readonly connections: number;
  /** How long it lasts, after a warm-up; or until it is told to finish. */
  readonly seconds: number;
  readonly warmSeconds?: number;
  /** Ends after this many answers, if that is sooner. */
  readonly answersMax?: number;
  /**
   * Requests per second of all connections together; as fast as answers come when left out. An answer is timed from when
   * its request was due where the connection still waited for the one before, so that a stall counts for all it delayed.
   */
  readonly pace?: number;
}

/** A GET, or a POST where there is a body. */
export interface Request {
  readonly path: string;
  readonly body?: string;
}

export interface LoadResult {
  readonly answers: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

export function startLoad(load: Load): Child<LoadResult> {
  const child = startChild<LoadResult[]>(import.meta.url, [load]);
  return { ...child, result: child.result.then(([result]) => result as LoadResult) };
}

export const runLoad = (load: Load): Promise<LoadResult> => startLoad(load).result;

/** One after the other, from the same process. */
export const runLoads = (loads: readonly Load[]): Promise<LoadResult[]> =>
  startChild<LoadResult[]>(import.meta.url, loads).result;

export const portOf = (url: string): number => Number(new URL(url).port);

interface Run {
  readonly load: Load;
  readonly buffers: readonly Buffer[];
  readonly warmUntil: number;
  readonly until: number;
  readonly finished: AbortSignal;
  readonly latencies: number[];
  sent: number;
}

async function drive(load: Load, finished: AbortSignal): Promise<LoadResult> {
  const warmUntil = performance.now() + (load.warmSeconds ?? 1) * 1_000;
  const until = warmUntil + load.seconds * 1_000;
  const run: Run = { load, buffers: load.requests.map(bufferOf), warmUntil, until, finished, latencies: [], sent: 0 };
  await Promise.all(Array.from({ length: load.connections }, (_, i) => converse(run, i)));
  const { latencies } = run;
  const seconds = (performance.now() - warmUntil) / 1_000;
  const at = (q: number) => quantile(latencies, q);
  return {
    answers: latencies.length,
    requestsPerSecond: latencies.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
  };
}

function bufferOf({ path, body }: Request): Buffer {
  if (body === undefined) return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  const bytes = Buffer.from(body);
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** One connection, from its first request to its last answer. */
function converse(run: Run, number: number): Promise<void> {
  const { load, buffers, latencies } = run;
  return new Promise((resolve, reject) => {
    const everyMs = load.pace === undefined ? 0 : (1_000 * load.connections) / load.pace;
    let dueAt = performance.now() + (everyMs * number) / load.connections;
    let head = '';
    let received = 0;
    let total = 0;
    let timedFrom = 0;
    /** Answers are counted, not kept: the garbage of long ones would be a pause in the middle of what is measured. */
    const callback = (bytes: number, buffer: Uint8Array) => {
      take(buffer as Buffer, bytes);
      return true;
    };
    const socket = connect({
      port: load.port,
      host: '127.0.0.1',
      onread: { buffer: Buffer.alloc(readBytes), callback },
    });
    socket.setNoDelay(true);
    const send = (from = performance.now()) => {
      timedFrom = from;
      socket.write(buffers[run.sent++ % buffers.length] as Buffer);
    };
    const next = (now: number) => {
      const enough = latencies.length >= (load.answersMax ?? Number.POSITIVE_INFINITY);
      if (now >= run.until || run.finished.aborted || enough) {
        socket.destroy();
        resolve();
        return;
      }
      dueAt += everyMs;
      if (load.pace === undefined) send();
      else if (dueAt > now) setTimeout(() => send(), dueAt - now);
      else send(dueAt);
    };
    socket.on('connect', () => setTimeout(() => send(), Math.max(0, dueAt - performance.now())));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
    function take(buffer: Buffer, bytes: number): void {
      received += bytes;
      if (total === 0) {
        head += buffer.toString('latin1', 0, Math.min(bytes, headBytesMax));
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        total = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      }
      if (received < total) return;
      const now = performance.now();
      if (!head.startsWith('HTTP/1.1 2')) {
        socket.destroy();
        reject(new Error(`${load.requests[0]?.path}: ${head.slice(0, 600)}`));
        return;
      }
      if (now > run.warmUntil) latencies.push(now - timedFrom);
      head = '';
      received = 0;
      total = 0;
      next(now);
    }
  });
}

serveParent<readonly Load[]>(import.meta.url, async (loads, finished) => {
  const results: LoadResult[] = [];
  for (const load of loads) {
    if (load.announced !== undefined) process.stderr.write(`${load.announced}\n`);
    results.push(await drive(load, finished));
  }
  return results;
});
