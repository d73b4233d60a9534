/** Goal: the exporters that programs really use get along with this server, by both endpoints and in both encodings. */
import { OTLPLogExporter as LogsJson } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as LogsProto } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as MetricsJson } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as MetricsProto } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as TracesJson } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as TracesProto } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import t from 'tap';
import { Problem } from '../../src/problems.js';
import { ManualClock } from '../support/clock.js';
import { type ListeningServer, listeningServer } from './support.js';

interface Exporters {
  readonly logs: LogRecordExporter;
  readonly metrics: PushMetricExporter;
  readonly traces: SpanExporter;
}

/** As a user sets them up: by the environment alone. */
function exportersOf(
  encoding: 'json' | 'protobuf',
  endpoint: string,
  compression: 'gzip' | 'none',
  temporality: 'delta' | 'cumulative' = 'delta',
): Exporters {
  Object.assign(process.env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_COMPRESSION: compression,
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
  });
  return encoding === 'json'
    ? { logs: new LogsJson(), metrics: new MetricsJson(), traces: new TracesJson() }
    : { logs: new LogsProto(), metrics: new MetricsProto(), traces: new TracesProto() };
}

/** One use in each signal, each of an agent of its own. */
async function useModels({ logs, metrics, traces }: Exporters): Promise<void> {
  const resource = (agent: string) => resourceFromAttributes({ 'service.name': 'my-agent', 'agent.id': agent });
  const logger = new LoggerProvider({
    resource: resource('Logs'),
    processors: [new SimpleLogRecordProcessor({ exporter: logs })],
  });
  logger.getLogger('com.anthropic.claude_code').emit({
    timestamp: 1_767_605_400_000,
    body: 'claude_code.api_request',
    attributes: {
      'session.id': 's1',
      request_id: 'req_1',
      model: 'claude-opus-5-5',
      input_tokens: 1_200,
      output_tokens: '340',
    },
  });
  await logger.shutdown();
  const meter = new MeterProvider({
    resource: resource('Metrics'),
    readers: [new PeriodicExportingMetricReader({ exporter: metrics })],
  });
  const counter = meter.getMeter('agent').createCounter('gen_ai.client.inference.usage.input_tokens');
  counter.add(5, { 'gen_ai.request.model': 'gpt-5' });
  counter.add(2, { 'gen_ai.request.model': 'gpt-5' });
  await meter.shutdown();
  const tracer = new BasicTracerProvider({
    resource: resource('Traces'),
    spanProcessors: [new SimpleSpanProcessor(traces)],
  });
  const attributes = {
    'gen_ai.usage.input_tokens': 10,
    'gen_ai.usage.output_tokens': 3,
    'gen_ai.response.id': 'msg_1',
  };
  tracer.getTracer('agent').startSpan('chat', { attributes }).end();
  await tracer.shutdown();
}

async function usesIn({ url }: ListeningServer) {
  const response = await fetch(`${url}/v1/events?type=usage.recorded`);
  const { events } = (await response.json()) as { events: { payload: { name: string; tokens: object } }[] };
  return events.map(({ payload: { name, tokens } }) => ({ name, tokens }));
}

for (const encoding of ['json', 'protobuf'] as const)
  for (const [path, compression] of [
    ['', 'none'],
    ['/v1/otlp', 'gzip'],
  ] as const)
    t.test(`${encoding}, ${compression}, to the server${path}`, async (t) => {
      const server = await listeningServer(t, { clock: new ManualClock(Date.now()) });
      await useModels(exportersOf(encoding, `${server.url}${path}`, compression));
      t.same(await usesIn(server), [
        { name: 'Logs', tokens: { input: 1_200, output: 340 } },
        { name: 'Metrics', tokens: { input: 7 } },
        { name: 'Traces', tokens: { input: 10, output: 3 } },
      ]);
    });

t.test('a counter that goes on counting is recorded by what it grew by', async (t) => {
  for (const encoding of ['json', 'protobuf'] as const) {
    const server = await listeningServer(t, { clock: new ManualClock(Date.now()) });
    const { metrics } = exportersOf(encoding, server.url, 'none', 'cumulative');
    const provider = new MeterProvider({
      resource: resourceFromAttributes({ 'service.name': 'my-agent', 'agent.id': 'Metrics' }),
      readers: [new PeriodicExportingMetricReader({ exporter: metrics })],
    });
    const counter = provider.getMeter('agent').createCounter('gen_ai.client.inference.usage.input_tokens');
    for (const tokens of [5, 0, 12]) {
      counter.add(tokens, { 'gen_ai.request.model': 'gpt-5' });
      await provider.forceFlush();
    }
    await provider.shutdown();
    t.same(await usesIn(server), [
      { name: 'Metrics', tokens: { input: 5 } },
      { name: 'Metrics', tokens: { input: 12 } },
    ]);
  }
});

t.test('an exporter that is told to come back comes back, and its records count once', async (t) => {
  const server = await listeningServer(t, { clock: new ManualClock(Date.now()) });
  const { ledger } = server.test;
  const submit = ledger.submit.bind(ledger);
  let refused = 0;
  ledger.submit = (pool, submission) => {
    if (refused++ === 0) return Promise.reject(new Problem('queue_full'));
    return submit(pool, submission);
  };
  await useModels(exportersOf('protobuf', server.url, 'none'));
  t.ok(refused > 3);
  t.equal((await usesIn(server)).length, 3);
});
