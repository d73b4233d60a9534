/** One report per request, in the original client's shape, durable before the answer. */
import { spawnDaemon } from '../test/support/daemon.js';
import { startEmptyRoute } from './empty-route.js';
import { runLoad } from './load.js';
import { type Benchmark, median, withFolder } from './measure.js';

const body = JSON.stringify({
  claude_name: 'Agent-1',
  mode: 'autonomy',
  cost_delta: 0.0125,
  context_percentage: 41.5,
  current_interval: 900,
  hostname: 'host-1',
  ip_address: '10.0.0.1',
});

const connections = 64;

export const http: Benchmark = {
  title: 'HTTP, one report per request',
  question: `Requests per second over ${connections} connections, against an empty fastify route with the same schema.`,
  async run({ runs, quick }) {
    const seconds = quick ? 3 : 8;
    const ours: number[] = [];
    const empty: number[] = [];
    const p99: number[] = [];
    const emptyP99: number[] = [];
    await withFolder(async (folder) => {
      const daemon = await spawnDaemon(folder);
      const route = await startEmptyRoute();
      try {
        for (let run = 0; run < runs; run += 1) {
          const bare = await runLoad({ port: route.port, path: '/increment', body, connections, seconds });
          const path = '/resource-share/increment';
          const load = await runLoad({ port: Number(new URL(daemon.url).port), path, body, connections, seconds });
          if (load.failures > 0) throw new Error(`${load.failures} requests failed`);
          ours.push(load.requestsPerSecond);
          p99.push(load.p99Ms);
          empty.push(bare.requestsPerSecond);
          emptyP99.push(bare.p99Ms);
        }
      } finally {
        await route.stop();
        await daemon.stop();
      }
    });
    return [
      {
        name: 'requests',
        value: median(ours),
        unit: 'requests/s',
        baseline: { name: 'empty route', value: median(empty) },
        target: { atLeast: 0.4, ratio: true },
      },
      { name: 'p99', value: median(p99), unit: 'ms', baseline: { name: 'empty route', value: median(emptyP99) } },
    ];
  },
};
