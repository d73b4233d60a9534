/** An act of a page as a route: a form that is sent from a page of this server, and leads back to a page that says what was done. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { CommandBody } from '../../events/catalogue.js';
import { type Command, parseWith } from '../../events/command.js';
import type { PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { limits } from '../../limits.js';
import { Problem, type ProblemCode } from '../../problems.js';
import { csrfToken, isCsrfToken } from '../../trust/sessions.js';
import { type PageView, pagePath } from '../../web/page.js';
import { type Api, poolOf } from '../context.js';
import { permit } from '../permission.js';
import { poolName } from '../query.js';
import { appending, type Reply, type Route, route } from '../route.js';
import { htmlReply } from './html-reply.js';
import { sendPage } from './send-page.js';

export interface ActInput<F> {
  readonly pool: PoolId;
  readonly fields: F;
  readonly params: Readonly<Record<string, string>>;
  readonly request: FastifyRequest;
}

interface FormParts<F extends z.ZodRawShape> {
  readonly url: string;
  readonly operationId: string;
  readonly summary: string;
  /** What the form holds; a button may have it in its URL. */
  readonly fields?: F;
  readonly example?: Readonly<Record<string, string | number>>;
  readonly params?: z.ZodObject<Readonly<Record<string, z.ZodString>>>;
  readonly problems?: readonly ProblemCode[];
  readonly ofAll?: true;
  /** What a key must be for; `admin` where it is left out. A form that only asks changes nothing, and needs `read`. */
  readonly scope?: 'admin' | 'read';
  /** Bytes of the form at most. */
  readonly bodyLimit?: number;
}

interface ActParts<F extends z.ZodRawShape> extends FormParts<F> {
  /** Does it, and gives the path of the page to go on to. */
  readonly act: (input: ActInput<z.output<z.ZodObject<F>>>) => Promise<string>;
}

interface AnsweredParts<F extends z.ZodRawShape> extends FormParts<F> {
  /** What is shown at once: what is in it is not for a URL, or nothing is done yet. */
  readonly view: (input: AnswerInput<z.output<z.ZodObject<F>>>) => Promise<PageView>;
}

interface FileParts<F extends z.ZodRawShape> extends FormParts<F> {
  readonly file: Reply;
  readonly send: (input: AnswerInput<z.output<z.ZodObject<F>>>) => Promise<FastifyReply>;
}

export interface AnswerInput<F> extends ActInput<F> {
  readonly token: string | null;
  /** For a status other than 200, and for who goes away before the answer. */
  readonly reply: FastifyReply;
}

/** Of the events that pages append. */
const source = 'web/1';

const goesOn = { description: 'Done; leads to the page', headers: { Location: 'The page that says what was done.' } };
export const formType = 'application/x-www-form-urlencoded';

/** A form that does something, and leads to a page that says what. */
export const actRoute = <F extends z.ZodRawShape>(api: Api, parts: ActParts<F>): Route =>
  routeOf(api, parts, { 303: goesOn }, async (input, reply) => reply.redirect(await parts.act(input), 303));

/** A form that is answered with a page. */
export const formRoute = <F extends z.ZodRawShape>(api: Api, parts: AnsweredParts<F>): Route =>
  routeOf(api, parts, { 200: htmlReply }, async (input, reply) =>
    sendPage(input.request, reply, await parts.view({ ...input, reply, token: tokenOf(input.request) })),
  );

/** A form that is answered with a file. */
export const fileRoute = <F extends z.ZodRawShape>(api: Api, parts: FileParts<F>): Route =>
  routeOf(api, parts, { 200: parts.file }, (input, reply) =>
    parts.send({ ...input, reply, token: tokenOf(input.request) }),
  );

/** Null without a session. */
export const tokenOf = ({ session }: FastifyRequest): string | null =>
  session === undefined ? null : csrfToken(session);

function routeOf<F extends z.ZodRawShape>(
  api: Api,
  parts: FormParts<F>,
  replies: Readonly<Record<number, Reply>>,
  answer: (input: ActInput<z.output<z.ZodObject<F>>>, reply: FastifyReply) => Promise<FastifyReply>,
): Route {
  const { url, operationId, summary, fields, example = {}, params, problems = [], ofAll } = parts;
  const { scope = 'admin', bodyLimit = limits.formBytesMax } = parts;
  const schema = z.object(fields ?? {}) as unknown as z.ZodObject<F>;
  return route({
    method: 'POST',
    url,
    scope,
    tag: 'Pages',
    operationId,
    summary,
    query: z.looseObject(ofAll === true ? {} : { pool: poolName }),
    lenient: true,
    ...(params === undefined ? {} : { params }),
    body: {
      schema: z.looseObject({ csrf: z.string().optional(), ...fields }),
      example: { csrf: '…', ...example },
      isForm: true,
    },
    replies,
    problems: ['csrf_refused', 'cross_site', 'pool_unknown', ...problems, ...(scope === 'admin' ? appending : [])],
    bodyLimit,
    checksToken: true,
    handle: async (input, request, reply) => {
      requireOwnForm(request);
      const { pool: named, ...inUrl } = input.query() as Record<string, unknown>;
      const { csrf: _token, ...inBody } = (request.body ?? {}) as Record<string, unknown>;
      const given = parseWith(schema, { ...inUrl, ...inBody }) as z.output<z.ZodObject<F>>;
      const pool = poolOf(api.ledger, named);
      return answer({ pool, fields: given, params: input.params as Readonly<Record<string, string>>, request }, reply);
    },
  });
}

/** Forms, and nothing else, are what these routes take. */
export function takeForms(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(formType, { parseAs: 'string', bodyLimit: limits.formBytesMax }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(body as string))),
  );
}

/** The token of the session; without one, the browser itself says that the form is of a page from here. */
export function requireOwnForm(request: FastifyRequest): void {
  const { session, body } = request;
  if (session === undefined) return requireOwnPage(request);
  const { csrf = '' } = (body ?? {}) as { readonly csrf?: string };
  if (!isCsrfToken(session, csrf)) throw new Problem('csrf_refused');
}

/** A page from elsewhere must not act here, as somebody whom its user takes for themselves. Browsers say where a form is from. */
export function requireOwnPage({ headers }: FastifyRequest): void {
  // An origin that is there was found to be one of this server.
  if (headers.origin === undefined && headers['sec-fetch-site'] !== 'same-origin')
    throw new Problem('cross_site', 'this is for the pages of this server; programs send the key with each request');
}

/** Records what a page asks for, and gives the seq of its event; null where there was nothing to change. */
export async function record(
  ledger: Ledger,
  { pool, request }: Pick<ActInput<unknown>, 'pool' | 'request'>,
  body: CommandBody,
): Promise<number | null> {
  const { principal } = request;
  const command = { ...body, key: undefined, occurredAt: undefined, actor: principal.actor, source } as Command;
  permit(principal, () => ledger.state(pool), command);
  const outcome = await ledger.submitOne(pool, command);
  if (outcome.status !== 'rejected') return outcome.receipt?.seq ?? null;
  const { code, detail, field } = outcome;
  throw new Problem(
    code,
    detail,
    field === undefined ? [] : [{ field: field.replace(/^payload\./, ''), message: detail }],
  );
}

/** The page that says what was done: by the event of that seq, or that there was nothing to do. */
export const doneAt = (path: string, pool: PoolId, seq: number | null, was?: number): string =>
  pagePath(path, pool, {
    done: String(seq ?? 0),
    ...(was === undefined ? {} : { was: String(was) }),
  });
