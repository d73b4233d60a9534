/**
 * Everything that is refused or fails, as a problem document (RFC 9457). A `Problem` says for itself what it is; what
 * fastify refuses is translated to the same catalogue; everything else is a fault of ours, logged and not shown.
 */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { limits } from '../limits.js';
import { type FieldError, Problem, type ProblemCode, type ProblemKind, problems } from '../problems.js';
import { StorageError, storageProblem } from '../storage-error.js';
import { errorPage } from '../web/pages/error.js';
import { setCommonHeaders } from './headers.js';
import { logOf } from './logging.js';
import { sendPage, wantsPage } from './pages/send-page.js';

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly remedy: string;
  readonly retry: ProblemKind['retry'];
  readonly errors: readonly FieldError[];
  readonly request_id: string;
}

export const problemType = 'application/problem+json';

export function problemDocument({ code, message, errors }: Problem, requestId: string): ProblemDocument {
  const { status, title, remedy, retry } = problems[code];
  const type = `/problems#${code}`;
  return { type, title, status, detail: message, code, remedy, retry, errors, request_id: requestId };
}

/** Answers with a problem document; `members` are added to it. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
  members: Readonly<Record<string, unknown>> = {},
): FastifyReply {
  const { status, retry } = problems[problem.code];
  if (retry !== 'never' && !reply.hasHeader('retry-after')) {
    reply.header('retry-after', String(limits.retryAfterSeconds));
  }
  const challenge = challenges[problem.code];
  if (challenge !== undefined) reply.header('www-authenticate', `Bearer realm="resource-share"${challenge}`);
  // What the router itself refuses never comes by the guard.
  setCommonHeaders(request, reply);
  reply.code(status);
  if (wantsPage(request)) return sendPage(request, reply, errorPage(problemDocument(problem, request.id)));
  const text = JSON.stringify({ ...problemDocument(problem, request.id), ...members });
  return reply.header('content-type', problemType).send(text);
}

/** What `WWW-Authenticate` says (RFC 6750). */
const challenges: Partial<Record<ProblemCode, string>> = {
  key_required: '',
  key_malformed: ', error="invalid_token"',
  key_refused: ', error="invalid_token"',
  scope_missing: ', error="insufficient_scope"',
};

export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
}

export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  logFault(problem, error, logOf(request));
  if (problem.code === 'too_large') keepConnection(request, reply);
  return sendProblem(request, reply, problem);
}

/** Tells the operator, where the catalogue says that it is for the operator to know. */
export function logFault({ code }: Problem, error: unknown, log: FastifyBaseLogger): void {
  const { log: level } = problems[code];
  if (level !== 'none') log[level]({ err: error }, code);
}

/** What went wrong, in the words of the catalogue. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StorageError) return storageProblem(error);
  const { code = '', statusCode = 500 } = error as { code?: string; statusCode?: number };
  const known = refusals[code];
  if (known !== undefined) return new Problem(known.code, known.detail);
  if (statusCode >= 400 && statusCode < 500) return new Problem('request_invalid');
  return new Problem('internal');
}

const refusals: Readonly<Record<string, { readonly code: ProblemCode; readonly detail?: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'too_large' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'unsupported_media_type' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'request_invalid',
    detail: 'the body is not as long as Content-Length says',
  },
  FST_ERR_BAD_URL: { code: 'request_invalid', detail: 'the path is not well percent-encoded' },
  ECONNRESET: { code: 'request_invalid', detail: 'the connection was closed before the body ended' },
};

/**
 * Bytes that are no HTTP request, or a request that is not whole: there is none to answer, only a connection to close. A `Problem`
 * says what it is closed for.
 */
export function answerBadConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const problem =
    error instanceof Problem ? error : new Problem('request_invalid', 'this is no well-formed HTTP request');
  const { status, retry } = problems[problem.code];
  const body = JSON.stringify(problemDocument(problem, randomUUID()));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    ...(retry === 'never' ? [] : [`retry-after: ${limits.retryAfterSeconds}`]),
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Bodies up to this size are read to their end after a refusal. */
const discardedBytesMax = 67_108_864;

/**
 * fastify closes the connection after a refused body, which resets it while the client still writes: many clients then
 * see a broken pipe instead of the answer. A body of a known, bearable size is left to be read and dropped.
 */
export function keepConnection(request: FastifyRequest, reply: FastifyReply): void {
  if (Number(request.headers['content-length']) <= discardedBytesMax) reply.removeHeader('connection');
}
