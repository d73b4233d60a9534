/** Jobs of declared kinds, claimed over HTTP and done by a command: one run for each. */
import { type ChildProcess, spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DaemonFinder, type DaemonName, daemonFinder } from '../../client/address.js';
import { exchange } from '../../client/http.js';
import { limits } from '../../limits.js';
import { processEnvironment } from '../../settings/environment.js';
import type { Settings } from '../../settings/schema.js';
import { refusal } from '../http-client.js';
import { printLine, remark } from '../output.js';
import { signal } from './run-worker.js';

export interface OutsideWork {
  readonly daemon: DaemonName;
  /** All that are declared where it is left out. */
  readonly kinds: readonly string[] | undefined;
  readonly words: readonly string[];
  readonly jobs: Settings['jobs'];
}

interface Claimed {
  readonly id: string;
  readonly token: number;
  readonly kind: string;
  readonly payload: unknown;
  readonly attempt: number;
  readonly lease_ms: number;
}

const requestMsMax = 30_000;
const outputCharactersMax = 1_000_000;

export async function workOutside(work: OutsideWork): Promise<void> {
  const stopped = new AbortController();
  void signal().then(() => stopped.abort());
  const daemon = daemonFinder(work.daemon);
  printLine(`Doing ${work.kinds?.join(', ') ?? 'all declared kinds'} with ${work.words.join(' ')}`);
  await Promise.all(Array.from({ length: work.jobs.concurrency }, () => workOnce(work, daemon, stopped.signal)));
}

async function workOnce({ kinds, words, jobs }: OutsideWork, daemon: DaemonFinder, stop: AbortSignal): Promise<void> {
  const worker = jobs.worker_id ?? `${hostname()}:${process.pid}`;
  while (!stop.aborted) {
    const job = await claim(daemon, { kinds, worker });
    if (job !== null) await doJob(daemon, job, words, stop);
    else await sleep(jobs.poll_ms, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Null also while the daemon is away. */
async function claim(daemon: DaemonFinder, body: object): Promise<Claimed | null> {
  try {
    return ((await post(daemon, 'claim', body)) as { readonly job: Claimed | null }).job;
  } catch (error) {
    remark((error as Error).message);
    return null;
  }
}

async function doJob(daemon: DaemonFinder, job: Claimed, words: readonly string[], stop: AbortSignal): Promise<void> {
  const { id, token, lease_ms: leaseMs } = job;
  const ended = new AbortController();
  const child = start(words, job);
  const beats = setInterval(() => void beat(), leaseMs / 5);
  const beat = async () => {
    const held = (await post(daemon, 'heartbeat', { id, token }).catch(isFenced)) as
      | { cancelled?: boolean }
      | 'lost'
      | null;
    if (held === 'lost' || (held !== null && held.cancelled === true)) child.kill('SIGTERM');
  };
  const giveUp = () => child.kill('SIGTERM');
  stop.addEventListener('abort', giveUp, { signal: ended.signal });
  const { code, output } = await endOf(child);
  clearInterval(beats);
  ended.abort();
  const said =
    code === 0
      ? { result: resultOf(output) }
      : { error: stop.aborted ? 'the worker was stopped' : `the command ended with ${code}` };
  const answer = await post(daemon, code === 0 ? 'complete' : 'fail', { id, token, ...said }).catch(
    (error: Error) => error,
  );
  if (answer instanceof Error) remark(`${id}: ${answer.message}`);
  else printLine(`${id} ${job.kind} ${(answer as { state: string }).state}`);
}

const isFenced = (error: unknown): 'lost' | null =>
  (error as { readonly code?: unknown }).code === 'job_fenced' ? 'lost' : null;

function start(
  [program = '', ...rest]: readonly string[],
  { id, token, kind, payload, attempt }: Claimed,
): ChildProcess {
  const env = { RESOURCE_SHARE_JOB: id, RESOURCE_SHARE_JOB_TOKEN: `${token}`, RESOURCE_SHARE_JOB_KIND: kind };
  const child = spawn(program, rest, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...processEnvironment(), ...env, RESOURCE_SHARE_JOB_ATTEMPT: `${attempt}` },
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(JSON.stringify(payload));
  return child;
}

function endOf(child: ChildProcess): Promise<{ readonly code: number | string; readonly output: string }> {
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-outputCharactersMax);
  });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: error.message, output }));
    child.on('close', (code, name) => resolve({ code: code ?? name ?? 'nothing', output }));
  });
}

/** The last line, as JSON where it is some. */
function resultOf(output: string): unknown {
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line);
  } catch {
    return line.slice(0, limits.jobErrorCharactersMax);
  }
}

async function post(daemon: DaemonFinder, verb: string, body: object): Promise<unknown> {
  const answer = await exchange({
    method: 'POST',
    to: daemon(),
    path: `v1/jobs/${verb}`,
    body,
    timeoutMs: requestMsMax,
  });
  if (answer.status >= 200 && answer.status < 300) return JSON.parse(answer.text);
  throw refusal(answer.status, answer.text);
}
