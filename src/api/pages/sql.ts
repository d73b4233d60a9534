/** `/sql`: one statement that only reads, asked on a page. A URL runs ready-made statements alone: a link asks nothing that is heavy. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { limits } from '../../limits.js';
import { type Problem, problems } from '../../problems.js';
import { cannedQuestion, listCanned, questionText } from '../../viewer/canned.js';
import { type AskOptions, rowsOf } from '../../viewer/gate.js';
import type { Question } from '../../viewer/question.js';
import { listTables } from '../../viewer/tables.js';
import type { PageView } from '../../web/page.js';
import { type SqlAnswer, sqlPage } from '../../web/pages/sql.js';
import { whenGone } from '../as-of.js';
import type { Api } from '../context.js';
import { problemOf } from '../errors.js';
import type { Route } from '../route.js';
import { callerOf } from '../sql.js';
import { type AnswerInput, fileRoute, formRoute } from './act-route.js';
import { sendPage } from './send-page.js';
import { viewerRoute } from './viewer-route.js';

/** A character of a form may take nine bytes. */
const bodyLimit = limits.viewerSqlCharactersMax * 9 + limits.formBytesMax;

const asked = ['query_refused', 'query_invalid', 'query_too_slow', 'query_too_large', 'query_busy'] as const;

const canned = z.looseObject({
  canned: z.string().optional().describe('Name of a ready-made query, which is asked at once.'),
});

export const sqlRoute = (api: Api): Route =>
  viewerRoute({
    url: '/sql',
    operationId: 'showSql',
    summary: 'Ask the tables on a page',
    query: canned,
    problems: ['query_unknown', 'invalid_field', 'viewer_off'],
    view: async ({ query: { canned: name, ...given }, caller, signal, token }) => {
      if (name === undefined) return { page: pageOf(api, '', null, token) };
      const question = cannedQuestion(api.viewer.engine, name, given as Readonly<Record<string, string>>);
      const answer = await answerTo(() => rows(api, question, { caller, signal }, undefined));
      return { page: pageOf(api, questionText(question), answer, token, name), status: statusOf(answer) };
    },
  });

const sql = z
  .string()
  .max(limits.viewerSqlCharactersMax)
  .default('')
  .describe('One SELECT, VALUES or WITH in the words of the database.');

const formats = ['csv', 'ndjson', 'json'] as const;
type FileFormat = (typeof formats)[number];

export const sqlForms = (api: Api): readonly Route[] => [
  formRoute(api, {
    url: '/sql',
    scope: 'read',
    ofAll: true,
    bodyLimit,
    operationId: 'askSqlOnPage',
    summary: 'Ask a statement, and see its rows',
    fields: {
      sql,
      do: z.enum(['run', 'explain']).default('run').describe('Whether it is run, or explained and not run.'),
      limit: z.coerce.number().int().min(1).max(limits.pageRowsMax).optional().describe('Rows at most.'),
    },
    example: { sql: 'SELECT claude_name, total_tokens FROM recent_increments' },
    problems: [...asked, 'viewer_off', 'invalid_field'],
    view: async ({ fields, request, reply, token }) => {
      const options = { caller: callerOf(request), signal: whenGone(reply) };
      const question = { sql: fields.sql, values: {} };
      const answer = await answerTo(() =>
        fields.do === 'explain' ? plan(api, question, options) : rows(api, question, options, fields.limit),
      );
      reply.code(statusOf(answer) ?? 200);
      return pageOf(api, fields.sql, answer, token, undefined, fields.limit);
    },
  }),
  fileRoute(api, {
    url: '/sql/export',
    scope: 'read',
    ofAll: true,
    bodyLimit,
    operationId: 'exportSqlFromPage',
    summary: 'Ask a statement, and have all rows as a file',
    fields: { sql, format: z.enum(formats).default('csv').describe('Of the file.') },
    example: { sql: 'SELECT claude_name, total_tokens FROM recent_increments', format: 'csv' },
    problems: [...asked, 'viewer_off', 'invalid_field'],
    file: {
      description: 'All rows, up to 100 MB; a file that cannot be finished is broken off',
      content: { 'text/csv': { schema: { type: 'string' } } },
    },
    send: (input) => sendFile(api, input),
  }),
];

async function sendFile(
  api: Api,
  { fields, request, reply, token }: AnswerInput<{ readonly sql: string; readonly format: FileFormat }>,
): Promise<FastifyReply> {
  const { format, sql: text } = fields;
  const options = { caller: callerOf(request), signal: whenGone(reply) };
  try {
    const pages = await api.viewer.export(
      { sql: text, values: {} },
      { ...options, format: format === 'json' ? 'ndjson' : format },
    );
    const file = format === 'json' ? asArray(pages) : pages;
    // Read before anything is sent: what fails at once is said on the page.
    const first = await file.next();
    return reply
      .header('content-type', `${types[format]}; charset=utf-8`)
      .header('content-disposition', `attachment; filename="query.${format}"`)
      .send(Readable.from(from(first, file), { objectMode: false }));
  } catch (error) {
    const answer = failed(error);
    return sendPage(request, reply.code(answer.status), pageOf(api, text, answer, token));
  }
}

const types = { csv: 'text/csv', ndjson: 'application/x-ndjson', json: 'application/json' } as const;

async function* from(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/** Objects, one a line, as one array. Each page ends with a line. */
async function* asArray(pages: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let before = '[\n';
  for await (const page of pages) {
    const text = Buffer.from(page).toString('utf8').trimEnd().replaceAll('\n', ',\n');
    if (text === '') continue;
    yield Buffer.from(before + text);
    before = ',\n';
  }
  yield Buffer.from(before === '[\n' ? '[]\n' : '\n]\n');
}

async function rows(
  { viewer }: Api,
  question: Question,
  options: AskOptions,
  limit: number | undefined,
): Promise<SqlAnswer> {
  const page = await viewer.page(question, { ...options, limit });
  return { kind: 'rows', ...page, rows: rowsOf(page) };
}

async function plan({ viewer }: Api, question: Question, options: AskOptions): Promise<SqlAnswer> {
  return { kind: 'plan', lines: await viewer.explain(question, options) };
}

/** What cannot be answered is an answer, too: it stands beside the statement, which is kept. */
async function answerTo(ask: () => Promise<SqlAnswer>): Promise<SqlAnswer> {
  try {
    return await ask();
  } catch (error) {
    return failed(error);
  }
}

/** Throws what is a fault of ours. */
function failed(error: unknown): Extract<SqlAnswer, { kind: 'problem' }> {
  const problem: Problem = problemOf(error);
  if (problem.code === 'internal') throw error;
  const { status, title, remedy } = problems[problem.code];
  return { kind: 'problem', status, code: problem.code, title, detail: problem.message, remedy };
}

const statusOf = (answer: SqlAnswer): number | undefined => (answer.kind === 'problem' ? answer.status : undefined);

function pageOf(
  { viewer: { engine } }: Api,
  text: string,
  answer: SqlAnswer | null,
  token: string | null,
  chosen?: string,
  limit?: number,
): PageView {
  const schema = Object.fromEntries(
    listTables(engine).map(({ name, columns }) => [name, columns.map((column) => column.name)]),
  );
  return sqlPage({ engine, schema, sql: text, answer, token, chosen, limit, queries: listCanned(engine) });
}
