/** Bodies of OTLP as senders make them: one description of a record, written in JSON and in protobuf. */
import protobuf from 'protobufjs/minimal.js';

export type Value = string | number | boolean | { readonly int: string | number };
export type Attributes = Readonly<Record<string, Value>>;

export interface Log {
  readonly attributes: Attributes;
  readonly time?: string;
  readonly observed?: string;
  readonly body?: string;
  readonly eventName?: string;
  readonly scope?: string;
}
export interface Span {
  readonly attributes: Attributes;
  readonly trace?: string;
  readonly span?: string;
  readonly end?: string;
}
export interface Point {
  readonly attributes: Attributes;
  readonly value: Value;
  readonly start?: string;
  readonly end?: string;
}
export interface Counter {
  readonly name: string;
  readonly points: readonly Point[];
  /** 1: delta, 2: cumulative. */
  readonly temporality?: number | string;
}

const jsonValue = (value: Value) => {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return typeof value === 'number' ? { doubleValue: value } : { intValue: value.int };
};
const jsonAttributes = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: jsonValue(value) }));
const jsonResource = (resource: Attributes) => ({ attributes: jsonAttributes(resource) });

const jsonLog = ({ attributes, time, observed, body, eventName }: Log) => ({
  timeUnixNano: time ?? '0',
  observedTimeUnixNano: observed ?? '0',
  body: body === undefined ? null : { stringValue: body },
  eventName,
  attributes: jsonAttributes(attributes),
});

export const logsJson = (logs: readonly Log[], resource: Attributes = {}): string =>
  JSON.stringify({
    resourceLogs: [
      {
        resource: jsonResource(resource),
        scopeLogs: logs.map((log) => ({ scope: { name: log.scope ?? 'events' }, logRecords: [jsonLog(log)] })),
      },
    ],
  });

export const tracesJson = (spans: readonly Span[], resource: Attributes = {}): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: jsonResource(resource),
        scopeSpans: [
          {
            spans: spans.map(({ attributes, trace, span, end }) => ({
              traceId: trace,
              spanId: span,
              endTimeUnixNano: end,
              attributes: jsonAttributes(attributes),
            })),
          },
        ],
      },
    ],
  });

const jsonPoint = ({ attributes, value, start, end }: Point) => ({
  attributes: jsonAttributes(attributes),
  startTimeUnixNano: start,
  timeUnixNano: end,
  ...(typeof value === 'object' ? { asInt: value.int } : { asDouble: value }),
});

export const metricsJson = (counters: readonly Counter[], resource: Attributes = {}): string =>
  JSON.stringify({
    resourceMetrics: [
      {
        resource: jsonResource(resource),
        scopeMetrics: [
          {
            metrics: counters.map(({ name, points, temporality }) => ({
              name,
              sum: { aggregationTemporality: temporality ?? 1, dataPoints: points.map(jsonPoint) },
            })),
          },
        ],
      },
    ],
  });

type Encoded =
  | string
  | Uint8Array
  | { readonly fixed: string }
  | { readonly varint: string | number }
  | { readonly double: number };

/** A message of its fields, by number. */
export function encoded(...fields: readonly (readonly [number: number, value: Encoded])[]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const [number, value] of fields) {
    if (typeof value === 'string') writer.uint32((number << 3) | 2).string(value);
    else if (value instanceof Uint8Array) writer.uint32((number << 3) | 2).bytes(value);
    else if ('fixed' in value) writer.uint32((number << 3) | 1).fixed64(value.fixed);
    else if ('varint' in value) writer.uint32(number << 3).int64(String(value.varint));
    else writer.uint32((number << 3) | 1).double(value.double);
  }
  return writer.finish();
}

function encodedValue(value: Value): Uint8Array {
  if (typeof value === 'string') return encoded([1, value]);
  if (typeof value === 'boolean') return encoded([2, { varint: value ? 1 : 0 }]);
  return typeof value === 'number' ? encoded([4, { double: value }]) : encoded([3, { varint: value.int }]);
}
const encodedAttributes = (number: number, attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => [number, encoded([1, key], [2, encodedValue(value)])] as const);
const encodedRequest = (resource: Attributes, records: readonly Uint8Array[], scope = 'events') =>
  encoded([
    1,
    encoded(
      [1, encoded(...encodedAttributes(1, resource))],
      [2, encoded([1, encoded([1, scope])], ...records.map((record) => [2, record] as const))],
    ),
  ]);

export const logsProtobuf = (logs: readonly Log[], resource: Attributes = {}): Uint8Array =>
  encodedRequest(
    resource,
    logs.map(({ attributes, time, observed, body, eventName }) =>
      encoded(
        [1, { fixed: time ?? '0' }],
        [2, { varint: 9 }],
        [5, body === undefined ? encoded() : encodedValue(body)],
        ...encodedAttributes(6, attributes),
        [11, { fixed: observed ?? '0' }],
        [12, eventName ?? ''],
      ),
    ),
  );

export const tracesProtobuf = (spans: readonly Span[], resource: Attributes = {}): Uint8Array =>
  encodedRequest(
    resource,
    spans.map(({ attributes, trace, span, end }) =>
      encoded(
        [1, Buffer.from(trace ?? '', 'hex')],
        [2, Buffer.from(span ?? '', 'hex')],
        [8, { fixed: end ?? '0' }],
        ...encodedAttributes(9, attributes),
      ),
    ),
  );

export const metricsProtobuf = (counters: readonly Counter[], resource: Attributes = {}): Uint8Array =>
  encodedRequest(
    resource,
    counters.map(({ name, points, temporality }) => {
      const pointsOf = points.map(({ attributes, value, start, end }) =>
        encoded(
          [2, { fixed: start ?? '0' }],
          [3, { fixed: end ?? '0' }],
          typeof value === 'object' ? [6, { fixed: String(value.int) }] : [4, { double: Number(value) }],
          ...encodedAttributes(7, attributes),
        ),
      );
      return encoded(
        [1, name],
        [7, encoded(...pointsOf.map((one) => [1, one] as const), [2, { varint: temporality ?? 1 }])],
      );
    }),
  );
