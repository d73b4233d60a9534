/** A server over a temporary ledger, in this process: by injection, or listening on a free port. */
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { type RunningServer, startServer } from '../../src/api/listen.js';
import { buildServer, type ServerOptions } from '../../src/api/server.js';
import type { Scope } from '../support/folder.js';
import { type LedgerOptions, type TestLedger, temporaryLedger } from '../support/ledger.js';

export const silent = { log: { level: 'silent' } } as const;

export interface TestServer extends TestLedger {
  readonly app: FastifyInstance;
  get(url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  post(url: string, body: unknown, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  /** One command to `POST /v1/events` that must be taken; its outcome. */
  send(type: string, payload: object, more?: object): Promise<Taken>;
}

export interface Taken {
  readonly seq: number;
  readonly id: string;
  readonly hash: string;
}

export async function testServer(t: Scope, options: LedgerOptions & ServerOptions = {}): Promise<TestServer> {
  return serverOn(t, await temporaryLedger(t, options), options);
}

/** A server more, over a ledger that is there. */
export function serverOn(t: Scope, test: TestLedger, options: ServerOptions): TestServer {
  const app = buildServer(test.ledger, { ...silent, ...options });
  t.teardown(() => app.close());
  const post: TestServer['post'] = (url, body, headers = {}) =>
    app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', ...headers },
      payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
  return Object.assign(test, {
    app,
    post,
    get: (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers }),
    send: async (type: string, payload: object, more: object = {}) => {
      const response = await post('/v1/events', { type, payload, ...more });
      if (response.statusCode >= 300) throw new Error(response.body);
      return response.json<Taken>();
    },
  });
}

export interface ListeningServer extends RunningServer {
  readonly test: TestLedger;
}

export async function listeningServer(t: Scope, options: LedgerOptions & ServerOptions = {}): Promise<ListeningServer> {
  const test = await temporaryLedger(t, options);
  const server = await startServer(test.ledger, {
    ...silent,
    ...options,
    host: '127.0.0.1',
    port: 0,
  });
  t.teardown(() => server.stop());
  return { ...server, test };
}

/** A value's keys with their types, so that a missing, extra or retyped key shows. */
export function shapeOf(value: unknown): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shapeOf(part)]));
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** The shape of an answer to an increment; its multipliers are numbers, whole or not. */
export function incrementShapeOf(reply: Record<string, unknown>): unknown {
  const told = reply.multipliers as Record<string, unknown>;
  const multipliers = Object.fromEntries(Object.entries(told).map(([key, value]) => [key, typeof value]));
  return { ...(shapeOf(reply) as object), multipliers };
}

export const ndjson = (items: readonly unknown[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');

export const parseLines = <T = Record<string, unknown>>(text: string): T[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
