/** One report per request, in the original client's shape, durable before the answer. */
import { spawnDaemon } from '../test/support/daemon.js';
import type { Benchmark, Scale, Table } from './benchmark.js';
import { startEmptyRoute } from './empty-route.js';
import { followFeed } from './feed-reader.js';
import { type LoadResult, portOf, type Request, runLoad } from './load.js';
import { median, runsOf, withFolder } from './measure.js';
import { type Figure, shown } from './target.js';

interface Case {
  readonly connections: number;
  readonly identities: number;
  readonly feed?: true;
}

const few = 10;
const cases: readonly Case[] = [
  ...[1, 16, 64, 256].map((connections) => ({ connections, identities: few })),
  { connections: 64, identities: few, feed: true },
  { connections: 64, identities: 1_000 },
];
const heldConnections = [64, 256];

export const http: Benchmark = {
  title: 'HTTP, one report per request',
  question:
    'Requests per second, each durable before its answer, against an empty fastify route with the same schema: by connections, with a client of the live feed attached, and with many identities. The two alternate.',
  run: (scale) =>
    withFolder(async (folder) => {
      const daemon = await spawnDaemon(folder);
      const route = await startEmptyRoute();
      try {
        const results: Compared[] = [];
        for (const one of cases.filter(({ connections }) => !scale.quick || connections !== 16))
          results.push(await compare(scale, one, daemon.url, route.port));
        return { figures: results.flatMap(figuresOf), tables: [tableOf(results)] };
      } finally {
        await route.stop();
        await daemon.stop();
      }
    }),
};

interface Compared {
  readonly one: Case;
  readonly ours: LoadResult;
  readonly empty: LoadResult;
}

async function compare(scale: Scale, one: Case, url: string, emptyPort: number): Promise<Compared> {
  const { quick } = scale;
  const { connections, identities } = one;
  const common = { connections, seconds: quick ? 0.8 : 8, warmSeconds: quick ? 0.3 : 2 };
  const ours: LoadResult[] = [];
  const empty: LoadResult[] = [];
  const bodies = reports(identities);
  const ourLoad = { port: portOf(url), requests: posts('/resource-share/increment', bodies) };
  // Everybody is known before the time is taken: the first report of an agent costs more than the ones after it.
  await runLoad({ ...ourLoad, connections: 16, seconds: 600, warmSeconds: 0, answersMax: identities });
  for (const _ of runsOf(scale, `loading: ${connections} connections, ${shown(identities)} identities`)) {
    empty.push(await runLoad({ ...common, port: emptyPort, requests: posts('/increment', bodies) }));
    const feed = one.feed ? followFeed(url) : null;
    ours.push(await runLoad({ ...common, ...ourLoad }));
    feed?.finish();
    if ((await feed?.result) === 0) throw new Error('the live feed was sent nothing');
  }
  return { one, ours: medianLoad(ours), empty: medianLoad(empty) };
}

const posts = (path: string, bodies: readonly string[]): Request[] => bodies.map((body) => ({ path, body }));

function reports(identities: number): string[] {
  return Array.from({ length: identities }, (_, i) =>
    JSON.stringify({
      claude_name: `Agent-${i}`,
      mode: 'autonomy',
      cost_delta: 0.0125,
      context_percentage: 41.5,
      current_interval: 900,
      hostname: `host-${i}`,
      ip_address: '10.0.0.1',
    }),
  );
}

function figuresOf({ one, ours, empty }: Compared): Figure[] {
  const isHeld = heldConnections.includes(one.connections) && one.identities === few && one.feed === undefined;
  if (!isHeld) return [];
  return [
    {
      name: `${one.connections} connections`,
      value: ours.requestsPerSecond,
      unit: 'requests/s',
      baseline: { name: 'empty route', value: empty.requestsPerSecond },
      target: { atLeast: 0.85, ratio: true },
    },
    {
      name: `p99 over ${one.connections} connections`,
      value: ours.p99Ms,
      unit: 'ms',
      baseline: { name: 'empty route', value: empty.p99Ms },
      target: { atMost: 3, ratio: true },
    },
  ];
}

function tableOf(results: readonly Compared[]): Table {
  const cells = (load: LoadResult) => [load.requestsPerSecond, load.p50Ms, load.p99Ms, load.p999Ms].map(shown);
  return {
    title: 'Requests/s, and how long an answer took (ms)',
    columns: ['connections', 'identities', 'ours', 'p50', 'p99', 'p99.9', 'empty', 'p50', 'p99', 'p99.9', 'ratio'],
    rows: results.map(({ one, ours, empty }) => [
      `${one.connections}${one.feed ? ', with the live feed' : ''}`,
      shown(one.identities),
      ...cells(ours),
      ...cells(empty),
      shown(ours.requestsPerSecond / empty.requestsPerSecond),
    ]),
  };
}

export function medianLoad(loads: readonly LoadResult[]): LoadResult {
  const of = (key: keyof LoadResult) => median(loads.map((load) => load[key]));
  return {
    answers: of('answers'),
    requestsPerSecond: of('requestsPerSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    p999Ms: of('p999Ms'),
  };
}
