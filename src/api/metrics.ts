/** `GET /metrics` and `GET /metrics.json`: figures of the daemon, for whoever keeps them over time and draws them. */
import * as z from 'zod';
import type { Metrics } from '../metrics/metrics.js';
import type { Api } from './context.js';
import { type Area, json, route } from './route.js';

const contentType = 'text/plain; version=0.0.4; charset=utf-8';

const reply = z.object({
  at: z.int().describe('When they were read, in milliseconds UTC.'),
  metrics: z.array(
    z.object({
      name: z.string(),
      type: z.string().describe('`counter`, `gauge` or `histogram`.'),
      help: z.string(),
      samples: z.array(
        z.object({
          series: z.string().describe('The name, with `_bucket`, `_sum` or `_count` of a histogram.'),
          labels: z.record(z.string(), z.string()),
          value: z.number(),
        }),
      ),
    }),
  ),
});

const name = 'resource_share_queue_commands';
const help = 'Commands of all pools that wait for their transaction.';
const textExample = `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} 0\n`;
const jsonExample = {
  at: 1_767_614_400_000,
  metrics: [{ name, type: 'gauge', help, samples: [{ series: name, labels: {}, value: 0 }] }],
};

const common = {
  method: 'GET',
  scope: 'read',
  tag: 'Operation',
  answersAtOnce: true,
  description:
    'Of all pools. It appends nothing, and answers while the storage does not: what that would have to say is left out then. docs/operating/metrics.md lists them.',
} as const;

export const metricsArea: Area = {
  routes: (api) => {
    const metrics = metricsOf(api);
    return [
      route({
        ...common,
        url: '/metrics',
        operationId: 'getMetrics',
        summary: 'Figures of the daemon, for Prometheus',
        replies: {
          200: {
            description: 'In the text format of Prometheus',
            content: { [contentType]: { schema: { type: 'string' }, example: textExample } },
          },
        },
        handle: async (_input, _request, reply) =>
          reply.header('content-type', contentType).send(await (await metrics()).text()),
      }),
      route({
        ...common,
        url: '/metrics.json',
        operationId: 'getMetricsJson',
        summary: 'The same figures as JSON',
        replies: { 200: json('The figures', reply, jsonExample) },
        handle: async (): Promise<z.infer<typeof reply>> => {
          const shown = await (await metrics()).json();
          return {
            at: api.ledger.now(),
            metrics: shown.map((family) => ({ ...family, samples: [...family.samples] })),
          };
        },
      }),
    ];
  },
};

/** What makes them is loaded, and begins to count, with the first scrape. */
function metricsOf({ ledger, work, outbox, watchdog, checkpoints }: Api): () => Promise<Metrics> {
  let made: Promise<Metrics> | null = null;
  return () => {
    made ??= import('../metrics/metrics.js').then(
      ({ Metrics }) => new Metrics({ ledger, work, outbox, watchdog, checkpoints }),
    );
    return made;
  };
}
