/** `POST /v1/readings/FORMAT`: what a provider or its client says of the quota, as it is, for whoever has it at hand. */
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Command } from '../events/command.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import { readingCommand } from '../intake/reading-command.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { Source } from '../sources/source.js';
import { poolOf } from './context.js';
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
  prepare: (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  },
  routes: ({ ledger }) => [
    route({
      method: 'POST',
      url: '/v1/readings/:format',
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
        const pool = poolOf(ledger, input.query().pool);
        const source = await sourceOf(input.params.format);
        return record(ledger, pool, source, request);
      },
    }),
  ],
};

async function sourceOf(format: string): Promise<Source> {
  if (!(formats as readonly string[]).includes(format)) {
    const message = `is no format of a reading; there are ${formats.join(', ')}`;
    throw new Problem('request_invalid', `"${format}" ${message}`, [{ field: 'format', message }]);
  }
  // Readers are loaded when somebody sends something: a start does not wait for them.
  const { sources } = await import('../sources/registry.js');
  const source = sources.find((one) => one.format === format);
  if (source === undefined) throw new Error(`there is no reader of ${format}`);
  return source;
}

async function record(ledger: Ledger, pool: PoolId, source: Source, { body, principal }: FastifyRequest) {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  const at = ledger.now() as EpochMs;
  const { timeZone } = ledger.state(pool);
  const { observations, skipped, refused } = source.read(bytes, { at, path: null, timeZone });
  if (refused !== null) throw new Problem('body_refused', refused);
  const origin = { actor: principal.actor, source: 'readings/1' };
  const commands: Command[] = [];
  for (const observation of observations) {
    const command = observation.kind === 'quota' ? readingCommand(observation, origin) : null;
    if (command !== null) commands.push(command);
  }
  const outcomes = await ledger.submit(pool, { commands, advise: false });
  return { format: source.format, outcomes: outcomes.map((outcome) => outcomeBody(outcome, false)), skipped };
}
