/** What a key costs: one report per request over one connection, with a key and without, in pairs of short rounds. */
import { Agent, request } from 'node:http';
import { makeKey } from '../src/trust/api-key.js';
import { spawnDaemon } from '../test/support/daemon.js';
import type { Benchmark } from './benchmark.js';
import { median, withFolder } from './measure.js';
import { cpuMsOf } from './processor.js';

const timesMax = 1.1;
const perRound = 500;
const body = JSON.stringify({ claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.01 });

export const keys: Benchmark = {
  title: 'API keys',
  question:
    'Processor time of all threads of the daemon for one report per request, with a key beside without one: the median of pairs of rounds that alternate.',
  run: ({ quick }) =>
    withFolder(async (folder) => {
      const daemon = await spawnDaemon(folder);
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        const { hostname, port } = new URL(daemon.url);
        const ask = (path: string, payload: string, headers: Readonly<Record<string, string>> = {}): Promise<string> =>
          new Promise((resolve, reject) => {
            const all = { 'content-type': 'application/json', ...headers };
            const sent = request({ agent, hostname, port, path, method: 'POST', headers: all }, (answer) => {
              let text = '';
              answer.setEncoding('utf8').on('data', (part) => {
                text += part;
              });
              answer.on('end', () => {
                if ((answer.statusCode ?? 0) < 300) resolve(text);
                else reject(new Error(text));
              });
            });
            sent.on('error', reject).end(payload);
          });
        const made = JSON.parse(await ask('/v1/keys', '{"scope":"ingest"}')) as { key: string };
        const keyed = { authorization: `Bearer ${made.key}` };
        const round = async (headers: Readonly<Record<string, string>>): Promise<number> => {
          const before = cpuMsOf(daemon.pid);
          for (let i = 0; i < perRound; i++) await ask('/resource-share/increment', body, headers);
          return ((cpuMsOf(daemon.pid) - before) / perRound) * 1_000;
        };
        const [open, withKey, ratios]: [number[], number[], number[]] = [[], [], []];
        const rounds = quick ? 4 : 20;
        for (let i = -2; i < rounds; i++) {
          const isFirst = i % 2 === 0;
          const early = await round(isFirst ? keyed : {});
          const late = await round(isFirst ? {} : keyed);
          if (i < 0) continue;
          withKey.push(isFirst ? early : late);
          open.push(isFirst ? late : early);
          ratios.push((withKey.at(-1) as number) / (open.at(-1) as number));
        }
        const baseline = { name: 'without a key', value: median(open) };
        const value = median(ratios) * baseline.value;
        return {
          figures: [{ name: 'with a key', value, unit: 'µs', baseline, target: { atMost: timesMax, ratio: true } }],
          notes: [`A key has ${makeKey().text.length} characters; it is hashed for each request.`],
        };
      } finally {
        agent.destroy();
        await daemon.stop();
      }
    }),
};
