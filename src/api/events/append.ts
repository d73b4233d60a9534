/** `POST /v1/events`: one command, an array of them, or a stream of any length. */
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { type Command, parseCommand } from '../../events/command.js';
import type { PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { type Outcome, rejectedBy } from '../../ledger/outcome.js';
import { limits } from '../../limits.js';
import { Problem, type ProblemCode } from '../../problems.js';
import { acceptJson } from '../bodies.js';
import { type Api, poolOf } from '../context.js';
import { problemOf, sendProblem } from '../errors.js';
import { keyHeaders, keyOf } from '../keys.js';
import { logOf } from '../logging.js';
import { permit } from '../permission.js';
import { flag, poolName } from '../query.js';
import { type Area, appending, json, route } from '../route.js';
import { commandSchema } from './command-schema.js';
import { Ingestion } from './ingestion.js';
import { OutcomeStream } from './outcome-stream.js';
import { outcomeBody, outcomeExample, outcomeSchema, outcomeText } from './outcome-text.js';

type Parse = (item: unknown) => Command;

/** Commands as whoever sends the request may send them; of others it throws why not. */
function parserOf({ principal }: FastifyRequest, ledger: Ledger, pool: PoolId): Parse {
  const origin = { actor: principal.actor, source: 'api/1' };
  return (item) => {
    const command = parseCommand(item, origin);
    permit(principal, () => ledger.state(pool), command);
    return command;
  };
}

const streamTypes = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

const query = z.strictObject({
  pool: poolName,
  atomic: flag.optional().describe('Of an array: all or nothing.'),
  ask: flag
    .optional()
    .describe(
      'Whether each use is answered with an interval. With `false` none is worked out, nor kept as one that an agent was told. `true` when left out of a single command, `false` of an array or a stream.',
    ),
  advice: flag.optional().describe('Of an array or a stream: an older name of `ask`.'),
});
type Query = z.infer<typeof query>;

/** Whether those who report use are told when to run again. Throws `request_invalid` where both names are used. */
function asksOf({ ask, advice }: Query, isSingle: boolean): boolean {
  if (ask !== undefined && advice !== undefined) {
    const message = 'is an older name of ask: send one';
    throw new Problem('request_invalid', `advice ${message}`, [{ field: 'advice', message }]);
  }
  return ask ?? (isSingle || advice === true);
}

const commandExample = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 125_000 } };

export const appendArea: Area = {
  prepare: (scope) => {
    acceptJson(scope, checkSize);
    scope.addContentTypeParser(streamTypes, (_request, payload, done) => done(null, payload));
  },
  routes: ({ ledger, connections, keys }) => [
    route({
      method: 'POST',
      url: '/v1/events',
      scope: 'ingest',
      operationId: 'recordEvents',
      tag: 'Events',
      summary: 'Record events',
      description: `One command as a JSON object, up to ${limits.arrayCommandsMax} as an array, or any number as NDJSON, one per line. An array and a stream are answered with one outcome per item, in order, and a bad item does not spoil the others, unless \`atomic=true\` says so. A stream is answered while it is sent. Payloads are described under [events](#events).`,
      query,
      headers: keyHeaders,
      body: {
        schema: z.union([commandSchema, z.array(commandSchema)]),
        example: commandExample,
        others: {
          'application/x-ndjson': { schema: { type: 'string' }, example: `${JSON.stringify(commandExample)}\n` },
        },
      },
      replies: {
        200: {
          description: 'Recorded before under the same key; or the outcomes of an array or a stream',
          content: {
            'application/json': { schema: z.union([outcomeSchema, z.array(outcomeSchema)]) },
            'application/x-ndjson': { schema: { type: 'string' }, example: `${JSON.stringify(outcomeExample)}\n` },
          },
        },
        201: json('Recorded', outcomeSchema, outcomeExample),
      },
      problems: [
        'unknown_type',
        'unknown_version',
        'occurred_in_future',
        'key_reused',
        'atomic_failed',
        'pool_unknown',
        ...appending,
      ],
      bodyLimit: limits.arrayBytesMax,
      handle: async (input, request, reply) => {
        const asked = input.query();
        const pool = poolOf(ledger, asked.pool);
        const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
        if (streamTypes.includes(type)) return appendStream(request, reply, { ledger, connections, keys }, pool, asked);
        if (!Array.isArray(request.body)) return appendOne(request, reply, ledger, pool, asked);
        return appendArray(request, reply, ledger, pool, asked);
      },
    }),
  ],
};

function checkSize(body: unknown, bytes: number): void {
  if (Array.isArray(body)) {
    if (body.length <= limits.arrayCommandsMax) return;
    throw new Problem('too_large', `the array has ${body.length} items; up to ${limits.arrayCommandsMax} are taken`);
  }
  if (bytes > limits.bodyBytesMax)
    throw new Problem('too_large', `the command has more than ${limits.bodyBytesMax} bytes`);
}

async function appendOne(
  request: FastifyRequest,
  reply: FastifyReply,
  ledger: Ledger,
  pool: PoolId,
  query: Query,
): Promise<FastifyReply> {
  const advise = asksOf(query, true);
  const parsed = parserOf(request, ledger, pool)(request.body);
  const command = parsed.key === undefined ? ({ ...parsed, key: keyOf(request.headers) } as Command) : parsed;
  const outcome = await ledger.submitOne(pool, command, advise);
  if (outcome.status === 'rejected') return sendProblem(request, reply, problemIn(outcome));
  return reply.code(outcome.status === 'recorded' ? 201 : 200).send(outcomeBody(outcome, advise));
}

async function appendArray(
  request: FastifyRequest,
  reply: FastifyReply,
  ledger: Ledger,
  pool: PoolId,
  query: Query,
): Promise<FastifyReply> {
  refuseKeyHeader(request);
  const { atomic = false } = query;
  const advise = asksOf(query, false);
  const parse = parserOf(request, ledger, pool);
  const parsed = (request.body as unknown[]).map((item) => parseItem(item, parse));
  const outcomes = atomic
    ? await allOrNothing(ledger, pool, parsed, advise)
    : await oneByOne(ledger, pool, parsed, advise);
  const failed = atomic ? outcomes.findIndex((outcome) => isOwnFailure(outcome)) : -1;
  if (failed >= 0) {
    const { code, message, errors } = problemIn(outcomes[failed] as Outcome);
    const problem = new Problem(code, `item ${failed}: ${message}; nothing was recorded`, errors);
    return sendProblem(request, reply, problem, { outcomes: outcomes.map((outcome) => outcomeBody(outcome, false)) });
  }
  reply.header('content-type', 'application/json; charset=utf-8');
  return reply.send(`[${outcomes.map((outcome) => outcomeText(outcome, advise)).join(',')}]`);
}

type Parsed = Command | Extract<Outcome, { status: 'rejected' }>;
const isRejected = (item: Parsed): item is Extract<Outcome, { status: 'rejected' }> => 'status' in item;

function parseItem(item: unknown, parse: Parse): Parsed {
  try {
    return parse(item);
  } catch (error) {
    if (error instanceof Problem) return rejectedBy(error) as Parsed;
    throw error;
  }
}

async function oneByOne(ledger: Ledger, pool: PoolId, items: readonly Parsed[], advise: boolean): Promise<Outcome[]> {
  const commands = items.filter((item): item is Command => !isRejected(item));
  const outcomes = await ledger.submit(pool, { commands, advise });
  let next = 0;
  return items.map((item) => {
    if (isRejected(item)) return item;
    next += 1;
    return outcomes[next - 1] as Outcome;
  });
}

async function allOrNothing(
  ledger: Ledger,
  pool: PoolId,
  items: readonly Parsed[],
  advise: boolean,
): Promise<Outcome[]> {
  const bad = items.findIndex(isRejected);
  if (bad < 0) return ledger.submit(pool, { commands: items as Command[], atomic: true, advise });
  const detail = `item ${bad} of the request was rejected`;
  return items.map((item) => (isRejected(item) ? item : { status: 'rejected', code: 'atomic_failed', detail }));
}

/** The item that spoiled an atomic request, as against those that were spoiled by it. */
const isOwnFailure = (outcome: Outcome): boolean => outcome.status === 'rejected' && outcome.code !== 'atomic_failed';

function appendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  { ledger, connections, keys }: Pick<Api, 'ledger' | 'connections' | 'keys'>,
  pool: PoolId,
  query: Query,
): FastifyReply {
  refuseKeyHeader(request);
  const withAdvice = asksOf(query, false);
  if (query.atomic === true) {
    throw new Problem('request_invalid', 'a stream cannot be atomic; send an array', [
      { field: 'atomic', message: 'is for arrays' },
    ]);
  }
  const output = new OutcomeStream();
  const { key } = request.principal;
  const parseOne = parserOf(request, ledger, pool);
  // A stream may go on for longer than its key works.
  const parse = (item: unknown): Command => {
    if (key !== undefined && !keys.works(key)) throw new Problem('key_refused', 'the API key works no longer');
    return parseOne(item);
  };
  const ingestion = new Ingestion({ ledger, pool, parse, withAdvice, log: logOf(request) }, output);
  connections.isStream(request.raw);
  void ingestion.run(request.body as Readable).finally(() => connections.isNoStream(request.raw));
  reply.header('content-type', 'application/x-ndjson; charset=utf-8');
  return reply.send(output);
}

/** A key for many commands would stand for none of them: a retry would count them again. */
function refuseKeyHeader(request: FastifyRequest): void {
  if (keyOf(request.headers) === undefined) return;
  const message = 'names one command; give each item a `key` of its own';
  throw new Problem('request_invalid', `Idempotency-Key ${message}`, [{ field: 'idempotency-key', message }]);
}

export function problemIn(outcome: Outcome): Problem {
  if (outcome.status !== 'rejected') return problemOf(new Error('this outcome is no rejection'));
  const { code, detail, field } = outcome;
  return new Problem(code as ProblemCode, detail, field === undefined ? [] : [{ field, message: detail }]);
}
