/**
 * OTLP over HTTP, in JSON and protobuf: what logs, metrics and traces of agents tell of their usage. The same response is told up to
 * three times (its own record, the conventions for generative AI, counters) and counts once.
 */
import { refusalOf } from './credentials.js';
import { type JsonObject, parseObject } from './json.js';
import { takeGenAi } from './otlp-genai.js';
import { takeLog } from './otlp-logs.js';
import { OtlpCounters } from './otlp-metrics.js';
import { decodedOtlp, type OtlpSignal } from './otlp-protobuf.js';
import { eachRecord, OtlpUses } from './otlp-record.js';
import type { Skipped } from './skipped.js';
import type { Observation, ReadContext, Source, UseSeen } from './source.js';

export const otlp: Source = {
  format: 'otlp',
  title: 'OpenTelemetry logs, metrics and traces of agents, in JSON or protobuf',
  version: 1,
  unit: 'document',
  accepts: (path) => signalIn(path) !== null && /\.(json|bin|pb)$/i.test(path),
  read(input, context) {
    const uses = new OtlpUses(context.at);
    const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
    const isProtobuf = isInProtobuf(bytes, context);
    const body = isProtobuf ? protobufBody(bytes, context, uses.skipped) : parseObject(bytes);
    if (body === null && !isProtobuf) uses.skipped.add('not-json');
    const refused = refusalOf(isProtobuf ? JSON.stringify(body) : bytes.toString('utf8'));
    if (refused === null && body !== null) takeBody(body, uses);
    return { observations: uses.uses, skipped: uses.skipped.counts, refused, consumed: input.byteLength };
  },
  combine: (observations) => withoutNeedlessStopgaps(observations),
};

function signalIn(path: string | null): OtlpSignal | null {
  const found = /v1[-/](logs|metrics|traces)(?=[^a-z]|$)/i.exec(path?.slice(-256) ?? '');
  return (found?.[1]?.toLowerCase() as OtlpSignal | undefined) ?? null;
}

function isInProtobuf(bytes: Buffer, { path, headers }: ReadContext): boolean {
  const type = headers?.['content-type'];
  if (type !== undefined) return /^application\/(x-)?protobuf/i.test(type);
  if (path !== null && /\.(json|bin|pb)$/i.test(path)) return !/\.json$/i.test(path);
  return bytes[0] === 0x0a;
}

function protobufBody(bytes: Buffer, { path, signal }: ReadContext, skipped: Skipped): JsonObject | null {
  const kind = signal ?? signalIn(path);
  const body = kind === null ? null : decodedOtlp(bytes, kind);
  if (body === null) skipped.add(kind === null ? 'unknown-signal' : 'not-protobuf');
  return body;
}

function takeBody(body: JsonObject, uses: OtlpUses): void {
  eachRecord(body, ['resourceLogs', 'scopeLogs', 'logRecords'], (record, sender, scope) =>
    takeLog(record, sender, scope, uses),
  );
  eachRecord(body, ['resourceSpans', 'scopeSpans', 'spans'], (span, sender) => takeGenAi(span, sender, uses));
  const counters = new OtlpCounters(uses);
  eachRecord(body, ['resourceMetrics', 'scopeMetrics', 'metrics'], (metric, sender) => counters.take(metric, sender));
  counters.finish();
}

/** Sums serve only sessions of which no response is told itself; where the session is not told, only agents of which none is. */
function withoutNeedlessStopgaps(observations: readonly Observation[]): readonly Observation[] {
  const sessionOf = ({ provider, session }: UseSeen) => JSON.stringify([provider, 'session', session]);
  const agentOf = ({ provider, place }: UseSeen) => JSON.stringify([provider, 'agent', place.agent ?? null]);
  const told = new Set<string>();
  for (const one of observations) {
    if (one.kind === 'use' && one.isStopgap !== true) told.add(sessionOf(one)).add(agentOf(one));
  }
  const isNeedless = (use: UseSeen) =>
    use.isStopgap === true && told.has(use.session === null ? agentOf(use) : sessionOf(use));
  return observations.filter((one) => one.kind !== 'use' || !isNeedless(one));
}
