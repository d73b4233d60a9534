/**
 * OTLP over HTTP: where OpenTelemetry exporters send logs, metrics and traces to. They append `/v1/logs` to the endpoint that they are
 * given, so both `http://host:8765` and `http://host:8765/v1/otlp` are one. Some append nothing, and send JSON of all kinds there.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { loadSource } from '../../intake/load-source.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import { acceptGzip, bytesOf } from '../bodies.js';
import type { Api } from '../context.js';
import { type Area, appending, type Contents, type Route, route } from '../route.js';
import {
  type PartialSuccess,
  partialSuccess,
  partialSuccessBody,
  partialSuccessBytes,
  partialSuccessSchema,
  type Signal,
} from './otlp-answer.js';
import { senderHeaders, senderOf, senderQuery } from './sender.js';

const value = (name: string, stringValue: string) => ({ key: name, value: { stringValue } });
const count = (name: string, intValue: string) => ({ key: name, value: { intValue } });
const resource = { attributes: [value('service.name', 'my-agent'), value('agent.id', 'Ada')] };

/** One body of each signal, for the description. */
const examples: Readonly<Record<Signal, object>> = {
  logs: {
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: '1767605400000000000',
                body: { stringValue: 'claude_code.api_request' },
                attributes: [
                  value('session.id', '7f3c'),
                  value('request_id', 'req_01'),
                  value('model', 'claude-opus-5-5'),
                  count('input_tokens', '1200'),
                  count('output_tokens', '340'),
                ],
              },
            ],
          },
        ],
      },
    ],
  },
  metrics: {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'gen_ai.client.inference.usage.input_tokens',
                sum: {
                  aggregationTemporality: 1,
                  dataPoints: [{ timeUnixNano: '1767605400000000000', asInt: '1200', attributes: [] }],
                },
              },
            ],
          },
        ],
      },
    ],
  },
  traces: {
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            spans: [
              {
                traceId: '5b8efff798038103d269b633813fc60c',
                spanId: 'eee19b7ec3c1b174',
                endTimeUnixNano: '1767605400000000000',
                attributes: [
                  value('gen_ai.response.id', 'msg_01'),
                  count('gen_ai.usage.input_tokens', '1200'),
                  count('gen_ai.usage.output_tokens', '340'),
                ],
              },
            ],
          },
        ],
      },
    ],
  },
};

const names = { logs: 'Logs', metrics: 'Metrics', traces: 'Traces' } as const;
const protobuf = 'application/x-protobuf';
const binary = { schema: { type: 'string', format: 'binary' }, example: '(the bytes of the request)' } as const;

export const otlpArea: Area = {
  prepare: (scope) => {
    acceptGzip(scope, limits.pushBytesMax);
    scope.addHook('onRequest', ({ headers }, _reply, done) => {
      done(encodingOf(headers['content-type']) === null ? new Problem('unsupported_media_type') : undefined);
    });
  },
  routes: (api) => [
    ...(['logs', 'metrics', 'traces'] as const).flatMap((signal) => [
      otlpRoute(api, signal, `/v1/${signal}`, `take${names[signal]}`),
      otlpRoute(api, signal, `/v1/otlp/v1/${signal}`, `take${names[signal]}Below`),
    ]),
    otlpRoute(api, null, '/v1/otlp', 'takeTelemetry'),
  ],
};

const taken =
  'What it tells of the use of models is recorded, once, however often it comes; everything else, prompts and the output of tools above all, is dropped. `partialSuccess` says how many records could not be used, and why. A body with credentials in it is refused whole.';
const sizes = `as it is or in gzip, up to ${limits.pushBytesMax} bytes when decompressed`;

/** Without a signal: of clients that append nothing to their endpoint. JSON says itself what it is. */
function otlpRoute(api: Api, signal: Signal | null, url: string, operationId: string): Route {
  const answer = {
    schema: z.object({ partialSuccess: partialSuccessSchema(signal ?? 'logs').optional() }),
    example: {},
  };
  const bytes: Contents = signal === null ? {} : { [protobuf]: binary };
  return route({
    method: 'POST',
    url,
    scope: 'ingest',
    operationId,
    tag: 'Telemetry',
    summary: signal === null ? 'Take whatever OpenTelemetry sends' : `Take ${signal} of OpenTelemetry`,
    description:
      signal === null
        ? `For clients that append nothing to their endpoint: logs, metrics or traces of OTLP in JSON, ${sizes}. ${taken}`
        : `OTLP in JSON or protobuf, ${sizes}; the answer is in the encoding of the request. ${taken}`,
    query: senderQuery,
    headers: senderHeaders,
    body: { schema: z.unknown(), example: examples[signal ?? 'logs'], others: bytes },
    replies: { 200: { description: 'Taken', content: { 'application/json': answer, ...bytes } } },
    problems: ['body_refused', 'pool_unknown', ...appending],
    bodyLimit: limits.pushBytesMax,
    takesGzip: true,
    handle: async (input, request, reply) => {
      const sender = senderOf(api.ledger, request, input.query(), 'otlp/1');
      const reading = await api.intake.read(await loadSource('otlp'), bytesOf(request), {
        path: null,
        headers: { 'content-type': request.headers['content-type'] ?? '' },
        signal: signal ?? undefined,
      });
      checkDecoded(reading.tally.counts.skipped);
      const { counts, answers } = await api.intake.record(reading, sender);
      return send(request, reply, signal ?? 'logs', partialSuccess(counts, answers));
    },
  });
}

function encodingOf(contentType: string | undefined): 'json' | 'protobuf' | null {
  const found = /^application\/(?:(json)|(?:x-)?protobuf)\s*(?:;|$)/i.exec(contentType?.trim() ?? '');
  if (found === null) return null;
  return found[1] === undefined ? 'protobuf' : 'json';
}

/** Throws where nothing of the body could be read. */
function checkDecoded(skipped: Readonly<Record<string, number>>): void {
  if (skipped['not-json'] !== undefined) throw new Problem('malformed_json', 'the body is no JSON object');
  if (skipped['unknown-signal'] !== undefined)
    throw new Problem(
      'request_invalid',
      'protobuf does not say what it is: send it to a path that ends in /v1/logs, /v1/metrics or /v1/traces',
    );
  if (skipped['not-protobuf'] === undefined) return;
  throw new Problem('request_invalid', 'the body is no request of OTLP in protobuf, or holds too many messages');
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  signal: Signal,
  partial: PartialSuccess | null,
): Promise<FastifyReply> {
  if (encodingOf(request.headers['content-type']) === 'protobuf') {
    reply.header('content-type', protobuf);
    return reply.send(partial === null ? Buffer.alloc(0) : await partialSuccessBytes(partial));
  }
  return reply.send(partial === null ? {} : partialSuccessBody(signal, partial));
}
