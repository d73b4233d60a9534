/** A replay beside live reports: how much does each slow the other? */
import { type Daemon, spawnDaemon } from '../test/support/daemon.js';
import type { Benchmark, Scale } from './benchmark.js';
import { medianLoad } from './http.js';
import { type LoadResult, portOf, startLoad } from './load.js';
import { median, perSecond, runsOf } from './measure.js';
import { shown } from './target.js';

const connections = 16;
/** Reports a second that a busy pool may send; and as many as are answered. */
const paces = [500, undefined] as const;

export const live: Benchmark = {
  title: 'Live reports during a replay',
  question: `Single reports over ${connections} connections, at a steady pace and as fast as they are answered, without and with a replay of all projections in the same daemon; and the replay without and with them.`,
  async run(scale) {
    const size = scale.quick ? scale.logs.largest : scale.logs.sizes[1];
    const results = await scale.logs.withCopy(size, async (folder) => {
      const daemon = await spawnDaemon(folder);
      try {
        const measured: Measured[] = [];
        for (const pace of scale.quick ? paces.slice(0, 1) : paces) measured.push(await measure(scale, daemon, pace));
        return measured;
      } finally {
        await daemon.stop();
      }
    });
    return { figures: figuresOf(results[0] as Measured), tables: [tableOf(results, size)] };
  },
};

interface Measured {
  readonly pace: number | undefined;
  readonly alone: LoadResult;
  readonly during: LoadResult;
  /** Events per second that the replay folds. */
  readonly replayAlone: number;
  readonly replayDuring: number;
}

async function measure(scale: Scale, daemon: Daemon, pace: number | undefined): Promise<Measured> {
  const alone: LoadResult[] = [];
  const during: LoadResult[] = [];
  const replayAlone: number[] = [];
  const replayDuring: number[] = [];
  const load = { port: portOf(daemon.url), requests: [report], connections, warmSeconds: 0.3, ...(pace && { pace }) };
  for (const _ of runsOf(scale, `replaying beside ${pace ?? 'as many as are answered'} reports a second`)) {
    alone.push(await startLoad({ ...load, seconds: scale.quick ? 1 : 10 }).result);
    replayAlone.push(await replayRate(daemon.url, () => undefined));
    const reports = startLoad({ ...load, seconds: 3_600 });
    replayDuring.push(await replayRate(daemon.url, () => reports.finish()));
    during.push(await reports.result);
  }
  return {
    pace,
    alone: medianLoad(alone),
    during: medianLoad(during),
    replayAlone: median(replayAlone),
    replayDuring: median(replayDuring),
  };
}

const report = {
  path: '/resource-share/increment',
  body: JSON.stringify({ claude_name: 'Agent-1', mode: 'autonomy', cost_delta: 0.0125, current_interval: 900 }),
};

/** Events per second until all are folded, when `folded` is told; resolves once they are compared, too. */
async function replayRate(url: string, folded: () => void): Promise<number> {
  const started = performance.now();
  const response = await fetch(`${url}/v1/replay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ check: true }),
  });
  if (response.body === null) throw new Error('the replay was not answered');
  let rate: number | null = null;
  let last = '';
  for await (const line of linesOf(response.body)) {
    last = line;
    const step = JSON.parse(line) as { kind: string; phase?: string; events?: number };
    if (rate !== null || step.phase !== 'compare') continue;
    rate = perSecond(step.events ?? 0, started);
    folded();
  }
  folded();
  if (rate === null || !last.includes('"identical":true')) throw new Error(`the replay ended with ${last}`);
  return rate;
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

function figuresOf({ pace, alone, during, replayAlone, replayDuring }: Measured) {
  return [
    {
      name: `p99 of ${shown(pace ?? 0)} reports a second, during a replay`,
      value: during.p99Ms,
      unit: 'ms',
      baseline: { name: 'without', value: alone.p99Ms },
      target: { atMost: 2, ratio: true },
    },
    {
      name: 'the replay meanwhile',
      value: replayDuring,
      unit: 'events/s',
      baseline: { name: 'without reports', value: replayAlone },
    },
  ];
}

function tableOf(results: readonly Measured[], size: number) {
  return {
    title: `A log of ${shown(size)} events; times in ms, the replay in events/s`,
    columns: ['reports', 'per second', 'p50', 'p99', 'during a replay', 'p50', 'p99', 'replay alone', 'with reports'],
    rows: results.map(({ pace, alone, during, replayAlone, replayDuring }) => [
      pace === undefined ? 'as fast as answered' : `${pace} a second`,
      ...[alone.requestsPerSecond, alone.p50Ms, alone.p99Ms].map(shown),
      ...[during.requestsPerSecond, during.p50Ms, during.p99Ms].map(shown),
      shown(replayAlone),
      shown(replayDuring),
    ]),
  };
}
