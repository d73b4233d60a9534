/**
 * Bodies of OTLP in protobuf, as the same objects that they are in JSON: of what opentelemetry-proto 1.x describes only the fields
 * that readers of usage need. Values inside of values (lists, maps) are passed over, so nothing nests deeper than the tables below.
 */
import protobuf from 'protobufjs/minimal.js';
import { limits } from '../limits.js';
import type { JsonObject } from './json.js';

export type OtlpSignal = 'logs' | 'metrics' | 'traces';

type Scalar = 'string' | 'bool' | 'int64' | 'fixed64' | 'sfixed64' | 'double' | 'enum' | 'hex';
/** Of a field: its name, what it is, and whether there are many. */
type Field = readonly [name: string, type: Scalar | Message, many?: 'many'];
type Message = { readonly [number: number]: Field };

const anyValue: Message = {
  1: ['stringValue', 'string'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'int64'],
  4: ['doubleValue', 'double'],
};
const keyValue: Message = { 1: ['key', 'string'], 2: ['value', anyValue] };
const resource: Message = { 1: ['attributes', keyValue, 'many'] };
const scope: Message = { 1: ['name', 'string'] };

const logRecord: Message = {
  1: ['timeUnixNano', 'fixed64'],
  5: ['body', anyValue],
  6: ['attributes', keyValue, 'many'],
  9: ['traceId', 'hex'],
  10: ['spanId', 'hex'],
  11: ['observedTimeUnixNano', 'fixed64'],
  12: ['eventName', 'string'],
};
const dataPoint: Message = {
  2: ['startTimeUnixNano', 'fixed64'],
  3: ['timeUnixNano', 'fixed64'],
  4: ['asDouble', 'double'],
  6: ['asInt', 'sfixed64'],
  7: ['attributes', keyValue, 'many'],
};
const sum: Message = { 1: ['dataPoints', dataPoint, 'many'], 2: ['aggregationTemporality', 'enum'] };
const metric: Message = { 1: ['name', 'string'], 7: ['sum', sum] };
const span: Message = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  7: ['startTimeUnixNano', 'fixed64'],
  8: ['endTimeUnixNano', 'fixed64'],
  9: ['attributes', keyValue, 'many'],
};

/** A request: records by scope by resource. */
const requestOf = (resources: string, scopes: string, records: string, record: Message): Message => ({
  1: [
    resources,
    { 1: ['resource', resource], 2: [scopes, { 1: ['scope', scope], 2: [records, record, 'many'] }, 'many'] },
    'many',
  ],
});

const requests: Readonly<Record<OtlpSignal, Message>> = {
  logs: requestOf('resourceLogs', 'scopeLogs', 'logRecords', logRecord),
  metrics: requestOf('resourceMetrics', 'scopeMetrics', 'metrics', metric),
  traces: requestOf('resourceSpans', 'scopeSpans', 'spans', span),
};

const wireTypes: Readonly<Record<Scalar, number>> = {
  bool: 0,
  int64: 0,
  enum: 0,
  fixed64: 1,
  sfixed64: 1,
  double: 1,
  string: 2,
  hex: 2,
};

export interface DecodedOtlp {
  readonly body: JsonObject;
  /** All that are in it. */
  readonly texts: readonly string[];
}

/** The request that a body holds, integers of 64 bits as text; null where it is none, or has too many messages inside. In steps. */
export function* decodedOtlp(body: Uint8Array, signal: OtlpSignal): Generator<void, DecodedOtlp | null> {
  try {
    const decoder = new Decoder(body);
    return { body: yield* decoder.outer(requests[signal], body.length, scopesAreWithin), texts: decoder.texts };
  } catch {
    return null;
  }
}

/** Requests hold resources, and those hold scopes, in which the records are. */
const scopesAreWithin = 2;
const recordsPerStep = 256;

class Decoder {
  readonly texts: string[] = [];
  readonly #reader: protobuf.Reader;
  #messages = 0;
  #records = 0;

  constructor(body: Uint8Array) {
    this.#reader = protobuf.Reader.create(body);
  }

  /** A message that holds records so many messages further in. */
  *outer(fields: Message, end: number, within: number): Generator<void, JsonObject> {
    const object = this.#opened();
    while (this.#reader.pos < end) {
      const field = this.#fieldOf(fields);
      if (field === null) continue;
      const [, type] = field;
      const isOuter = typeof type !== 'string' && within > 0;
      put(object, field, isOuter ? yield* this.outer(type, this.#endOfInner(end), within - 1) : this.#value(type, end));
      if (within > 0) continue;
      this.#records += 1;
      if (this.#records % recordsPerStep === 0) yield;
    }
    this.#checkEnd(end);
    return object;
  }

  #message(fields: Message, end: number): JsonObject {
    const object = this.#opened();
    while (this.#reader.pos < end) {
      const field = this.#fieldOf(fields);
      if (field !== null) put(object, field, this.#value(field[1], end));
    }
    this.#checkEnd(end);
    return object;
  }

  #opened(): Record<string, unknown> {
    this.#messages += 1;
    if (this.#messages > limits.otlpMessagesMax) throw new RangeError('too many messages');
    return {};
  }

  #checkEnd(end: number): void {
    if (this.#reader.pos !== end) throw new RangeError('a field is longer than its message');
  }

  /** What follows; null where that is of no use, and passed over. */
  #fieldOf(fields: Message): Field | null {
    const reader = this.#reader;
    const tag = reader.uint32();
    const field = fields[tag >>> 3];
    const type = field?.[1];
    if (field !== undefined && (tag & 7) === (typeof type === 'string' ? wireTypes[type] : 2)) return field;
    reader.skipType(tag & 7, 0, tag >>> 3);
    return null;
  }

  #value(type: Scalar | Message, end: number): unknown {
    return typeof type === 'string' ? this.#scalar(type) : this.#message(type, this.#endOfInner(end));
  }

  #endOfInner(end: number): number {
    const length = this.#reader.uint32();
    const innerEnd = this.#reader.pos + length;
    if (innerEnd > end) throw new RangeError('a message is longer than what it is in');
    return innerEnd;
  }

  #scalar(type: Scalar): unknown {
    const reader = this.#reader;
    switch (type) {
      case 'string': {
        const text = reader.string();
        this.texts.push(text);
        return text;
      }
      case 'hex':
        return Buffer.from(reader.bytes()).toString('hex');
      case 'bool':
        return reader.bool();
      case 'enum':
        return reader.int32();
      case 'double':
        return reader.double();
      case 'int64':
        return reader.int64().toString();
      case 'fixed64':
        return reader.fixed64().toString();
      case 'sfixed64':
        return reader.sfixed64().toString();
    }
  }
}

function put(object: Record<string, unknown>, [name, , many]: Field, value: unknown): void {
  if (many === undefined) object[name] = value;
  else if (Array.isArray(object[name])) object[name].push(value);
  else object[name] = [value];
}
