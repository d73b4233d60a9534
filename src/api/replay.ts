/** `POST /v1/replay`: rebuilds projections from the log beside live traffic, and tells how far it is, line by line. */
import { Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import * as z from 'zod';
import { projections } from '../projections/projector.js';
import type { ReplayReport } from '../replay/replay.js';
import { chosenProjections, type ReplayProgress } from '../replay/replay-run.js';
import { logFault, problemOf } from './errors.js';
import { logOf } from './logging.js';
import { type Area, route } from './route.js';

const options = z.strictObject({
  projections: z
    .array(z.string())
    .optional()
    .describe(`All when left out: ${projections.map(({ name }) => name).join(', ')}.`),
  check: z.boolean().optional().describe('Only compare; change nothing.'),
});

const exampleLines = [
  { kind: 'progress', phase: 'fold', events: 5_000, total: 12_000, resumedAt: 0 },
  {
    kind: 'done',
    report: { projections: ['daily_resource_share'], events: 12_000, identical: true, swapped: false, tables: [] },
  },
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('');

type Steps = AsyncGenerator<ReplayProgress, ReplayReport>;

export const replayArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'POST',
      url: '/v1/replay',
      scope: 'admin',
      operationId: 'replay',
      tag: 'Operation',
      summary: 'Rebuild the tables from the log',
      description:
        'Builds the tables again beside the live ones, compares every row, and puts them in their place where they differ. Lines of progress come first: `{"kind":"progress","phase","events","total","resumedAt"}`; the last one is `{"kind":"done","report"}` or `{"kind":"failed","code","detail"}`. A client that goes away stops the replay; the next one goes on where it was.',
      query: z.strictObject({}),
      body: { schema: options.prefault({}), example: { check: true } },
      replies: {
        200: {
          description: 'Progress and report',
          content: { 'application/x-ndjson': { schema: { type: 'string' }, example: exampleLines } },
        },
      },
      problems: ['replay_running', 'replay_failed'],
      handle: async (input, request, reply) => {
        input.query();
        const asked = input.body();
        chosenProjections(asked.projections);
        const steps = ledger.replay(asked);
        const first = await steps.next();
        reply.header('content-type', 'application/x-ndjson; charset=utf-8');
        return reply.send(Readable.from(lines(first, steps, logOf(request)), { objectMode: false }));
      },
    }),
  ],
};

/** The first step is taken before, so that a replay that cannot start is a problem with a status. */
async function* lines(
  first: IteratorResult<ReplayProgress, ReplayReport>,
  steps: Steps,
  log: FastifyBaseLogger,
): AsyncGenerator<string> {
  try {
    let step = first;
    while (step.done !== true) {
      yield `${JSON.stringify({ kind: 'progress', ...step.value })}\n`;
      step = await steps.next();
    }
    yield `${JSON.stringify({ kind: 'done', report: step.value })}\n`;
  } catch (error) {
    const problem = problemOf(error);
    logFault(problem, error, log);
    yield `${JSON.stringify({ kind: 'failed', code: problem.code, detail: problem.message })}\n`;
  } finally {
    await steps.return(undefined as never);
  }
}
