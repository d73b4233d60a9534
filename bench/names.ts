/** A flood of new names: what a pool takes of it, and whether anybody else notices. */

import { Agent, get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type Daemon, spawnDaemon } from '../test/support/daemon.js';
import type { Benchmark, Result } from './benchmark.js';
import { median, runsOf, withFolder } from './measure.js';
import { cpuMsOf } from './processor.js';
import type { Figure } from './target.js';

const namesPerRequest = 1_000;
const requestsMany = 10;

export const names: Benchmark = {
  title: 'New names without end',
  question: `A request reports ${namesPerRequest.toLocaleString('en')} uses under names that nobody knows, ${requestsMany} times: processor time, how long /health takes meanwhile, and whether state, page and start grow with the names.`,
  async run(scale): Promise<Result> {
    const floods: Flood[] = [];
    const cpuMs: number[] = [];
    for (const _ of runsOf(scale, 'flooding')) {
      cpuMs.push(await withFolder(cpuOfFirst));
      floods.push(await withFolder(flood));
    }
    const of = (key: keyof Flood) => median(floods.map((one) => one[key]));
    const against = (name: string, value: keyof Flood, baseline: keyof Flood, unit: string): Figure => ({
      name,
      value: of(value),
      unit,
      baseline: { name: 'with the first 1,000 names', value: of(baseline) },
      target: { atMost: 2, ratio: true },
    });
    return {
      figures: [
        { name: 'processor time of the first request', value: median(cpuMs), unit: 'ms', target: { atMost: 150 } },
        {
          name: 'longest /health meanwhile',
          value: of('healthMs'),
          unit: 'ms',
          baseline: { name: 'at rest', value: of('restMs') },
          target: { atMost: 50 },
        },
        against('page after 10,000 names', 'pageBytesMany', 'pageBytes', 'bytes'),
        against('state (`/v1/fairness`)', 'stateBytesMany', 'stateBytes', 'bytes'),
        against('start after SIGKILL', 'startMsMany', 'startMs', 'ms'),
      ],
    };
  },
};

interface Flood {
  readonly restMs: number;
  readonly healthMs: number;
  readonly pageBytes: number;
  readonly stateBytes: number;
  readonly startMs: number;
  readonly pageBytesMany: number;
  readonly stateBytesMany: number;
  readonly startMsMany: number;
}

/** A daemon that has been at work before, as one that is flooded has. */
async function busyDaemon(folder: string): Promise<Daemon> {
  const daemon = await spawnDaemon(folder);
  for (let i = 0; i < 200; i++) await send(daemon, () => 'Ada', 20);
  return daemon;
}

/** Processor time of the first request alone: nobody asks for `/health` meanwhile. */
async function cpuOfFirst(folder: string): Promise<number> {
  const daemon = await busyDaemon(folder);
  try {
    await wait(500);
    const before = cpuMsOf(daemon.pid);
    await send(daemon, (i) => `Agent 0-${i}`, namesPerRequest);
    return cpuMsOf(daemon.pid) - before;
  } finally {
    await daemon.stop();
  }
}

async function flood(folder: string): Promise<Flood> {
  let daemon = await busyDaemon(folder);
  try {
    const restMs = await longestHealth(daemon, () => wait(1_000));
    const healthMs = await longestHealth(daemon, () => send(daemon, (i) => `Agent 0-${i}`, namesPerRequest));
    const [pageBytes, stateBytes] = await sizes(daemon);
    daemon = await killed(daemon, folder);
    const startMs = daemon.readyMs;
    for (let n = 1; n < requestsMany; n++) await send(daemon, (i) => `Agent ${n}-${i}`, namesPerRequest);
    const [pageBytesMany, stateBytesMany] = await sizes(daemon);
    daemon = await killed(daemon, folder);
    const startMsMany = daemon.readyMs;
    return { restMs, healthMs, pageBytes, stateBytes, startMs, pageBytesMany, stateBytesMany, startMsMany };
  } finally {
    await daemon.stop();
  }
}

async function killed(daemon: Daemon, folder: string): Promise<Daemon> {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  return spawnDaemon(folder);
}

async function send({ url }: Daemon, nameOf: (i: number) => string, count: number): Promise<void> {
  const payload = (i: number) => ({ name: nameOf(i), mode: 'autonomy', cost_micro_usd: 1_000 });
  const body = JSON.stringify(
    Array.from({ length: count }, (_, i) => ({ type: 'usage.recorded', payload: payload(i) })),
  );
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/events`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}

const sizes = (daemon: Daemon): Promise<[number, number]> =>
  Promise.all([bytesOf(daemon, '/dashboard'), bytesOf(daemon, '/v1/fairness')]);

async function bytesOf({ url }: Daemon, path: string): Promise<number> {
  return (await (await fetch(`${url}${path}`)).arrayBuffer()).byteLength;
}

/** Milliseconds of the slowest answer of `/health`, asked all the time while something goes on. */
async function longestHealth({ url }: Daemon, meanwhile: () => Promise<unknown>): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  let longest = 0;
  let over = false;
  const asking = (async () => {
    while (!over) {
      longest = Math.max(longest, await health(url, agent));
      await wait(1);
    }
  })();
  await meanwhile();
  over = true;
  await asking;
  agent.destroy();
  return longest;
}

const health = (url: string, agent: Agent): Promise<number> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    get(`${url}/health`, { agent }, (response) => {
      response.resume().on('end', () => resolve(performance.now() - started));
    }).on('error', reject);
  });
