/** `/v1/sql`: one statement that only reads, asked of the tables of all pools, with ready-made ones and what the tables mean. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { cannedQuestion, listCanned } from '../viewer/canned.js';
import type { AskOptions, ResultPage } from '../viewer/gate.js';
import type { Question } from '../viewer/question.js';
import { listTables, tableOf } from '../viewer/tables.js';
import { whenGone } from './as-of.js';
import type { Api } from './context.js';
import { formatOf, inAllFormats, sendPages, sendText } from './formats.js';
import { csvStyle, format, text } from './query.js';
import { type Area, json, type RouteInput, route } from './route.js';

const body = z.strictObject({
  sql: z
    .string()
    .min(1, 'is empty')
    .max(limits.viewerSqlCharactersMax)
    .optional()
    .describe('One SELECT, VALUES or WITH in the words of the database; this, or `canned`.'),
  canned: text.optional().describe('Name of a ready-made query; `GET /v1/sql/queries` lists them.'),
  params: z
    .record(text, z.union([text, z.number()]))
    .optional()
    .describe('Values of a ready-made query; what is left out is as usual.'),
  limit: z
    .int()
    .min(1, 'is less than 1')
    .optional()
    .describe(
      `Rows at most: ${limits.pageRowsDefault} by default, up to ${limits.pageRowsMax} as JSON; of CSV and NDJSON all.`,
    ),
  timeout_ms: z
    .int()
    .min(limits.viewerMsMin)
    .max(limits.viewerMsMax)
    .optional()
    .describe(`${limits.viewerMsDefault} by default, of CSV and NDJSON ${limits.viewerMsMax}.`),
  explain: z.boolean().optional().describe('Tells how the database would go about the statement, and does not run it.'),
  format,
  csv: csvStyle,
});

type Asked = z.infer<typeof body>;

const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const page = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(value)).describe('Bytes are written in hexadecimal.'),
  truncated: z.enum(['rows', 'bytes']).nullable().describe('The limit by which rows are left out; null where none is.'),
  cells_cut: z.int().describe(`Texts of more than ${limits.viewerCellCharactersMax} characters, which end in … here.`),
  elapsed_ms: z.int(),
});
const plan = z.object({ plan: z.array(z.string()).describe('A line for each step.') });
const example = {
  columns: ['claude_name', 'tokens'],
  rows: [['Ada', 1280]],
  truncated: null,
  cells_cut: 0,
  elapsed_ms: 4,
};

const query = z.object({
  name: z.string(),
  description: z.string(),
  params: z.array(z.object({ name: z.string(), description: z.string(), default: z.union([z.string(), z.number()]) })),
  sql: z.string(),
});
const table = z.object({
  name: z.string(),
  kind: z.enum(['table', 'view']),
  description: z.string(),
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.string().nullable(),
      nullable: z.boolean().nullable(),
      description: z.string(),
    }),
  ),
  indexes: z.array(z.string()),
  ddl: z.string(),
});

const nothing = z.strictObject({});
const oneTable = z.strictObject({ name: text.optional().describe('Only this table.') });

export const sqlArea: Area = {
  routes: (api) => [
    route({
      method: 'POST',
      url: '/v1/sql',
      scope: 'read',
      operationId: 'askSql',
      tag: 'SQL',
      summary: 'Ask the tables by SQL',
      description:
        'One statement that only reads, over the tables of all pools: a key for one pool is refused. The text is not logged. CSV and NDJSON have all rows, up to 100 MB; an answer that cannot be finished is broken off.',
      body: {
        schema: body,
        example: { sql: 'SELECT claude_name, sum(total_tokens) AS tokens FROM recent_increments GROUP BY 1' },
      },
      replies: {
        200: {
          description: 'A page of rows as JSON, or all of them as NDJSON or CSV; with `explain` the plan',
          content: inAllFormats(z.union([page, plan]), example),
        },
      },
      problems: [
        'query_refused',
        'query_invalid',
        'query_too_slow',
        'query_too_large',
        'query_unknown',
        'query_busy',
        'viewer_off',
        'not_acceptable',
      ],
      handle: (input: RouteInput<unknown, unknown, Asked>, request, reply) => answer(api, input.body(), request, reply),
    }),
    route({
      method: 'GET',
      url: '/v1/sql/queries',
      scope: 'read',
      operationId: 'listQueries',
      tag: 'SQL',
      summary: 'Ready-made queries, with their statements',
      query: nothing,
      replies: { 200: json('All of them', z.object({ queries: z.array(query) })) },
      handle: () => ({ queries: listCanned(api.viewer.engine) }),
    }),
    route({
      method: 'GET',
      url: '/v1/sql/tables',
      scope: 'read',
      operationId: 'describeTables',
      tag: 'SQL',
      summary: 'What every table and column means',
      query: oneTable,
      replies: { 200: json('Tables and views', z.object({ tables: z.array(table) })) },
      problems: ['query_unknown'],
      handle: (input) => {
        const { name } = input.query();
        const { engine } = api.viewer;
        return { tables: name === undefined ? listTables(engine) : [tableOf(engine, name)] };
      },
    }),
  ],
};

async function answer({ viewer }: Api, asked: Asked, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const question = questionOf(viewer.engine, asked);
  const wanted = formatOf(request, asked.format);
  const options: AskOptions = { caller: callerOf(request), timeoutMs: asked.timeout_ms, signal: whenGone(reply) };
  if (asked.explain === true) return { plan: await viewer.explain(question, options) };
  if (wanted !== 'json') {
    const { limit, csv } = asked;
    const pages = await viewer.export(question, { ...options, format: wanted, csv, limit });
    return sendPages(request, reply, wanted, pages);
  }
  return sendText(reply, 'json', pageText(await viewer.page(question, { ...options, limit: asked.limit })));
}

function questionOf(engine: Api['viewer']['engine'], { sql, canned: name, params }: Asked): Question {
  if ((sql === undefined) === (name === undefined)) throw invalid('sql', 'or canned has to be given, and not both');
  if (name !== undefined) return cannedQuestion(engine, name, params ?? {});
  if (params !== undefined) throw invalid('params', 'are of ready-made queries: write the values into the statement');
  return { sql: sql as string, values: {} };
}

/** A browser that signed in, a key, or this machine. */
export const callerOf = ({ session, principal, ip }: FastifyRequest): string =>
  session?.id ?? `${principal.actor} ${ip}`;

/** The rows are JSON already. */
function pageText({ columns, rowsText, truncated, cellsCut, elapsedMs }: ResultPage): string {
  const rest = JSON.stringify({ truncated, cells_cut: cellsCut, elapsed_ms: elapsedMs }).slice(1);
  return `{"columns":${JSON.stringify(columns)},"rows":[${rowsText}],${rest}`;
}

const invalid = (field: string, message: string): Problem =>
  new Problem('invalid_field', `${field} ${message}`, [{ field, message }]);
