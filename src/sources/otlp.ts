/**
 * OTLP over HTTP, in JSON and protobuf: what logs, metrics and traces of agents tell of their usage. The same response is told up to
 * three times (its own record, the conventions for generative AI, counters) and counts once.
 */
import { refusalOf } from './credentials.js';
import { type JsonObject, objectIn, objectOf } from './json.js';
import { isDropped } from './otlp-dropped.js';
import { takeGenAi } from './otlp-genai.js';
import { takeLog } from './otlp-logs.js';
import { OtlpCounters } from './otlp-metrics.js';
import { decodedOtlp, type OtlpSignal } from './otlp-protobuf.js';
import { eachRecord, OtlpUses } from './otlp-record.js';
import type { Skipped } from './skipped.js';
import type { Observation, ReadContext, ReadResult, Source, UseSeen } from './source.js';

export const otlp: Source = {
  format: 'otlp',
  version: 1,
  unit: 'document',
  accepts: (path) => signalIn(path) !== null && /\.(json|bin|pb)$/i.test(path),
  read: (input, context) => {
    const steps = inSteps(input, context);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  },
  inSteps,
  combine: (observations) => withoutNeedlessStopgaps(observations),
};

function* inSteps(input: Uint8Array, context: ReadContext): Generator<void, ReadResult> {
  const uses = new OtlpUses(context.at);
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const isProtobuf = isInProtobuf(bytes, context);
  const { body, text } = isProtobuf ? yield* protobufBody(bytes, context, uses.skipped) : jsonBody(bytes, uses.skipped);
  yield;
  const why = refusalOf(text);
  yield;
  const refused = why === null || body === null ? why : refusalOfKept(body, why);
  if (refused === null && body !== null) yield* takeBody(body, uses);
  return { observations: uses.uses, skipped: uses.skipped.counts, refused, consumed: input.byteLength };
}

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

interface Body {
  /** Null where it is none. */
  readonly body: JsonObject | null;
  /** In which credentials are looked for. */
  readonly text: string;
}

function jsonBody(bytes: Buffer, skipped: Skipped): Body {
  const text = bytes.toString('utf8');
  const body = objectIn(text);
  if (body === null) skipped.add('not-json');
  return { body, text };
}

function* protobufBody(bytes: Buffer, { path, signal }: ReadContext, skipped: Skipped): Generator<void, Body> {
  const kind = signal ?? signalIn(path);
  const decoded = kind === null ? null : yield* decodedOtlp(bytes, kind);
  if (decoded !== null) return { body: decoded.body, text: decoded.texts.join('\0') };
  skipped.add(kind === null ? 'unknown-signal' : 'not-protobuf');
  return { body: null, text: '' };
}

/** What is wrong with a body, texts of people and tools left aside. What nests too deep to be looked at is refused for `why`. */
function refusalOfKept(body: JsonObject, why: string): string | null {
  try {
    return refusalOf(JSON.stringify(body, (_, value) => (isDropped(objectOf(value).key) ? null : value)));
  } catch {
    return why;
  }
}

function* takeBody(body: JsonObject, uses: OtlpUses): Generator<void, void> {
  yield* eachRecord(body, ['resourceLogs', 'scopeLogs', 'logRecords'], (record, sender, scope) =>
    takeLog(record, sender, scope, uses),
  );
  yield* eachRecord(body, ['resourceSpans', 'scopeSpans', 'spans'], (span, sender) => takeGenAi(span, sender, uses));
  const counters = new OtlpCounters(uses);
  yield* eachRecord(body, ['resourceMetrics', 'scopeMetrics', 'metrics'], (metric, sender) =>
    counters.take(metric, sender),
  );
  counters.finish();
}

/** Sums serve only sessions of which no response is told itself; where the session is not told, only agents of which none is. */
function withoutNeedlessStopgaps(observations: readonly Observation[]): readonly Observation[] {
  if (!observations.some((one) => one.kind === 'use' && one.isStopgap === true)) return observations;
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
