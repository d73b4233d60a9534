/** What working out an interval costs: reports answered by the controller, against reports answered by the static policy. */
import { spawnDaemon } from '../test/support/daemon.js';
import { answerCost, type Load } from './advice-cost.js';
import type { Benchmark, Scale } from './benchmark.js';
import { portOf, runLoad } from './load.js';
import { median, withFolder } from './measure.js';
import { type Figure, shown } from './target.js';

const connections = 64;
const week = 604_800_000;

export const advice: Benchmark = {
  title: 'Advice, one report per request',
  question: `Requests per second over ${connections} connections with the fair-share controller, against the static policy; and the processor time of a report to a ledger in this process by version 2 of the method, against version 1: in runs, with 15 s between the reports of an agent, or in a flood of 16 reports in a millisecond.`,
  async run(scale) {
    const costs = [];
    for (const { load, atMost } of loads)
      costs.push({ load, atMost, cost: await answerCost(load, scale.quick ? 20 : 100) });
    return {
      figures: [
        await compare(scale, 10, 1 / 1.15),
        await compare(scale, 1_000, 1 / 2),
        ...costs.map(({ load, atMost, cost }) => ({
          name: `processor time of a report, ${loadText(load)}`,
          value: cost.ratio,
          unit: '× that by version 1',
          target: { atMost },
        })),
      ],
      notes: costs.map(
        ({ load, cost }) =>
          `${loadText(load)}: ${shown(cost.byRun)} µs per report by version 2 of the method, ${shown(cost.byReport)} by version 1.`,
      ),
    };
  },
};

const loads: readonly { readonly load: Load; readonly atMost: number }[] = [
  { load: { identities: 10, pace: 'runs' }, atMost: 1.15 },
  { load: { identities: 10, pace: 'flood' }, atMost: 1.15 },
  { load: { identities: 1_000, pace: 'runs' }, atMost: 1 },
  { load: { identities: 1_000, pace: 'flood' }, atMost: 1.15 },
];

const loadText = ({ identities, pace }: Load): string =>
  `${identities.toLocaleString('en')} identities ${pace === 'runs' ? 'in runs' : 'in a flood'}`;

async function compare({ runs, quick }: Scale, identities: number, atLeast: number): Promise<Figure> {
  const seconds = quick ? 3 : 8;
  const rates = { fair: [] as number[], static: [] as number[] };
  await withFolder(async (fairFolder) =>
    withFolder(async (staticFolder) => {
      const fair = await calibrated(fairFolder, identities, 'fair');
      const plain = await calibrated(staticFolder, identities, 'static');
      try {
        for (let run = 0; run < runs; run += 1) {
          rates.static.push(await load(plain.url, identities, 0.000_01, seconds));
          rates.fair.push(await load(fair.url, identities, 0.000_01, seconds));
        }
      } finally {
        await fair.stop();
        await plain.stop();
      }
    }),
  );
  return {
    name: `${identities.toLocaleString('en')} identities`,
    value: median(rates.fair),
    unit: 'requests/s',
    baseline: { name: 'static policy', value: median(rates.static) },
    target: { atLeast, ratio: true },
  };
}

/** A daemon whose agents are all known, and whose windows have been read often enough to know their budgets. */
async function calibrated(folder: string, identities: number, method: 'fair' | 'static') {
  const daemon = await spawnDaemon(folder, '--unknown-agents-per-hour', String(identities));
  const resetsAt = Date.now() + week / 2;
  await send(daemon.url, { type: 'policy.set', payload: { method } });
  for (const percent of [1_000, 2_000, 3_000]) {
    const windows = ['session_5hour', 'week_all'].map((key) => ({ key, percent_bp: percent, resets_at: resetsAt }));
    await send(daemon.url, { type: 'quota.read', payload: { windows } });
    await load(daemon.url, identities, 0.012_5, 1);
  }
  return daemon;
}

async function load(url: string, identities: number, costUsd: number, seconds: number): Promise<number> {
  const requests = Array.from({ length: identities }, (_, i) => ({
    path: '/resource-share/increment',
    body: JSON.stringify({
      claude_name: `Agent-${i}`,
      mode: 'autonomy',
      cost_delta: costUsd,
      context_percentage: 41.5,
    }),
  }));
  return (await runLoad({ port: portOf(url), requests, connections, seconds })).requestsPerSecond;
}

async function send(url: string, command: object): Promise<void> {
  const body = JSON.stringify(command);
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
}
