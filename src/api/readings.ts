/** `POST /v1/readings/FORMAT`: what a provider or its client says of the quota, as it is, for whoever has it at hand. */
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { PoolId } from '../events/scalars.js';
import { loadSource } from '../intake/load-source.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { Source } from '../sources/source.js';
import { acceptBytes, bytesOf } from './bodies.js';
import { type Api, poolOf } from './context.js';
import { outcomeBody, outcomeExample, outcomeSchema } from './events/outcome-text.js';
import { poolName } from './query.js';
import { type Area, appending, json, route } from './route.js';

/** Those of all formats that say how much is used. */
const formats = [
  'claude-statusline',
  'claude-usage-screen',
  'claude-usage-text',
  'limit-text',
  'response-headers',
  'usage-json',
] as const;

const query = z.strictObject({ pool: poolName });
const path = z.object({ format: z.string().describe(`One of ${formats.join(', ')}.`) });

const answer = z.object({
  format: z.enum(formats),
  outcomes: z.array(outcomeSchema).describe('One for each reading that was in the body, oldest first.'),
  skipped: z.record(z.string(), z.int()).describe('What was left out, by reason.'),
});

const usage = 'Current session: 17% used · resets 3am (Europe/London)';

export const readingsArea: Area = {
  prepare: acceptBytes,
  routes: (api) => [
    route({
      method: 'POST',
      url: '/v1/readings/:format',
      scope: 'ingest',
      operationId: 'recordReading',
      tag: 'Quota',
      summary: 'Record a reading in the format of its source',
      description:
        'The body is what the source wrote, unchanged: output of the client, a message of a limit, headers of an answer, JSON. Windows, percentages and resets are found in it, and recorded as `quota.read`. Percentages that cannot be right are left out; text with credentials in it is refused whole, and nothing of it is kept. `resource-share sources read FORMAT FILE` says what would be recorded.',
      query,
      params: path,
      body: {
        schema: z.unknown(),
        example: { five_hour: { utilization: 17, resets_at: '2026-01-05T12:00:00Z' } },
        others: { 'text/plain': { schema: { type: 'string' }, example: usage } },
      },
      replies: {
        200: json('What came of it', answer, { format: 'usage-json', outcomes: [outcomeExample], skipped: {} }),
      },
      problems: ['body_refused', 'pool_unknown', ...appending],
      bodyLimit: limits.readingBytesMax,
      handle: async (input, request) => {
        const pool = poolOf(api.ledger, input.query().pool);
        const source = await sourceOf(input.params.format);
        return record(api, pool, source, request);
      },
    }),
  ],
};

async function sourceOf(format: string): Promise<Source> {
  if (!(formats as readonly string[]).includes(format)) {
    const message = `is no format of a reading; there are ${formats.join(', ')}`;
    throw new Problem('request_invalid', `"${format}" ${message}`, [{ field: 'format', message }]);
  }
  return loadSource(format);
}

async function record({ ledger, intake }: Api, pool: PoolId, source: Source, request: FastifyRequest) {
  const { timeZone } = ledger.state(pool);
  const reading = await intake.read(source, bytesOf(request), { path: null, timeZone });
  const sender = { pool, actor: request.principal.actor, source: 'readings/1' };
  const { answers, counts } = await intake.record(reading, sender, (one) =>
    one.kind === 'quota' ? intake.stepOf(one, sender) : null,
  );
  const outcomes = answers.flatMap((outcome) => (outcome === null ? [] : [outcomeBody(outcome, false)]));
  return { format: source.format, outcomes, skipped: counts.skipped };
}
