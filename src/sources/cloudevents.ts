/**
 * CloudEvents 1.0 over HTTP, as its specification has them: structured (one event is the body), batch (an array of them), and binary
 * (the body is the data, its attributes are headers). An event is known by its source and id. What is read from a file is such a
 * body, or an object of `headers` and `body`. Only of a command the data is looked at: nobody knows what is in that of other types.
 */
import { commandPrefix } from '../events/cloud-event.js';
import { refusalOf } from './credentials.js';
import { instantOf, isObject, type JsonObject, shortTextOf } from './json.js';
import { Skipped } from './skipped.js';
import type { EventSeen, ReadContext, Source } from './source.js';

type Headers = Readonly<Record<string, string>>;

export const cloudEvents: Source = {
  format: 'cloudevents',
  version: 1,
  unit: 'document',
  accepts: (path) => path.endsWith('.json'),
  read: (input, context) => {
    const skipped = new Skipped();
    const text = new TextDecoder().decode(input);
    const request = context.headers === undefined ? recorded(text) : null;
    const { headers, body } = request ?? { headers: context.headers ?? {}, body: text };
    const why = refusalOf(text);
    const found = why === null ? eventsOf(body, headers, skipped) : { why };
    return {
      observations: 'why' in found ? [] : found.events.map((event) => seen(event, context)),
      skipped: skipped.counts,
      refused: 'why' in found ? found.why : null,
      consumed: input.length,
    };
  },
};

/** A request that was written to a file; null where the file is a body itself. */
function recorded(text: string): { readonly headers: Headers; readonly body: string } | null {
  const { value } = parse(text);
  if (!isObject(value) || !isObject(value.headers) || typeof value.body !== 'string') return null;
  const headers = Object.entries(value.headers).flatMap(([name, header]) =>
    typeof header === 'string' ? [[name.toLowerCase(), header] as const] : [],
  );
  return { headers: Object.fromEntries(headers), body: value.body };
}

type Found = { readonly events: readonly JsonObject[] } | { readonly why: string };

/** One that is alone and no valid event is refused; of several the others are taken. */
function eventsOf(body: string, headers: Headers, skipped: Skipped): Found {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  const hasAttributes = headers['ce-specversion'] !== undefined || headers['ce-id'] !== undefined;
  if (hasAttributes && !type.startsWith('application/cloudevents')) return alone(binaryEvent(body, type, headers));
  const { value } = parse(body);
  if (value === undefined) return { why: 'it is no JSON' };
  if (!Array.isArray(value)) return alone(value);
  const known = new Set<string>();
  const events: JsonObject[] = [];
  for (const item of value) {
    const fault = faultOf(item);
    if (fault !== null) {
      skipped.add(fault.reason);
      continue;
    }
    const key = JSON.stringify([item.source, item.id]);
    if (known.has(key)) skipped.add('repeated');
    else events.push(item);
    known.add(key);
  }
  return { events };
}

function alone(event: unknown): Found {
  const fault = faultOf(event);
  return fault === null ? { events: [event as JsonObject] } : { why: fault.why };
}

/** Attributes are percent-encoded in headers. */
function binaryEvent(body: string, contentType: string, headers: Headers): JsonObject {
  const attributes = Object.entries(headers)
    .filter(([name]) => name.startsWith('ce-'))
    .map(([name, value]) => [name.slice(3), decoded(value)] as const);
  const isJson = contentType === '' || /^[^/]+\/([^/]*\+)?json$/.test(contentType);
  return { ...Object.fromEntries(attributes), data: isJson ? parse(body).value : body };
}

function decoded(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
}

interface Fault {
  readonly reason: string;
  readonly why: string;
}

function faultOf(event: unknown): Fault | null {
  if (!isObject(event)) return { reason: 'not-an-object', why: 'it is no event' };
  if (event.specversion !== '1.0') return { reason: 'not-version-1-0', why: 'it is no event of version 1.0' };
  for (const name of ['id', 'source', 'type'])
    if (shortTextOf(event[name]) === null)
      return { reason: `no-${name}`, why: `its ${name} is missing or is no short text` };
  return null;
}

/** Of a batch that says nothing of the time of an event, when it is read. Data that is not JSON is text, or base64. */
function seen(event: JsonObject, { at }: ReadContext): EventSeen {
  const type = event.type as string;
  return {
    kind: 'event',
    event: type,
    session: null,
    agent: null,
    occurredAt: instantOf(event.time) ?? at,
    id: event.id as string,
    source: event.source as string,
    data: type.startsWith(commandPrefix) ? (event.data ?? event.data_base64) : undefined,
    place: {},
  };
}

function parse(text: string): { readonly value: unknown } {
  try {
    return { value: JSON.parse(text.replace(/^\uFEFF/, '')) };
  } catch {
    return { value: undefined };
  }
}
