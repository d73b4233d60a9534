/** A daemon in a process of its own that knows kinds of jobs done by others, asked over HTTP. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Daemon, spawnDaemonIn } from './daemon.js';
import type { Variant } from './engines.js';
import type { Scope } from './folder.js';

export interface JobAnswer {
  readonly status: number | string;
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly token: number;
  readonly result: unknown;
  readonly code: string;
  readonly cancelled: boolean;
  readonly job: { readonly id: string; readonly token: number } | null;
  readonly events: readonly { readonly payload: object }[];
}

export interface JobDaemon {
  readonly daemon: Daemon;
  get(path: string): Promise<JobAnswer>;
  post(path: string, body?: object): Promise<JobAnswer>;
  /** Asks until it is so. */
  until(path: string, check: (answer: JobAnswer) => boolean): Promise<JobAnswer>;
}

/** Whoever claims a job of the kind `x.work` keeps it for four seconds, and it is tried as often as is said. */
export async function jobDaemon(t: Scope, engine: Variant, attempts = 5): Promise<JobDaemon> {
  const env = {
    RESOURCE_SHARE_JOBS_KINDS: JSON.stringify({ 'x.work': { lease_ms: 4_000, attempts } }),
    RESOURCE_SHARE_JOBS_POLL_MS: '100',
  };
  const daemon = await spawnDaemonIn(env, await engine.place(t));
  t.teardown(() => daemon.stop());
  const ask = async (path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' };
    const request = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`${daemon.url}/v1/${path}`, request);
    return { status: answer.status, ...((await answer.json()) as object) } as JobAnswer;
  };
  const get = (path: string) => ask(path);
  const until = async (path: string, check: (answer: JobAnswer) => boolean) => {
    for (;;) {
      const answer = await get(path);
      if (check(answer)) return answer;
      await sleep(50);
    }
  };
  return { daemon, get, post: (path, body = {}) => ask(path, body), until };
}
