/** The audit trail to a collector of OpenTelemetry: logs by OTLP/HTTP in JSON (opentelemetry-proto 1.x, `ExportLogsServiceRequest`). */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { packageVersion } from '../package-root.js';
import { visible } from '../text/visible.js';
import { type AuditRecord, type Severity, textOf } from './record.js';
import type { AuditSink } from './sink.js';

/** Of the data model of logs. */
const severityNumbers: Readonly<Record<Severity, number>> = { notice: 10, warning: 13, error: 17 };
const severityTexts: Readonly<Record<Severity, string>> = { notice: 'INFO2', warning: 'WARN', error: 'ERROR' };
/** What is read of an answer. */
const answerBytesMax = 65_536;

export class OtlpSink implements AuditSink {
  readonly name: string;
  readonly #url: string;
  readonly #tokenFile: string | undefined;

  constructor(url: string, tokenFile: string | undefined) {
    this.#url = url;
    this.#tokenFile = tokenFile;
    this.name = nameOf(url);
  }

  async send(records: readonly AuditRecord[], signal: AbortSignal): Promise<string | null> {
    const headers = new Headers({ 'content-type': 'application/json', 'user-agent': 'resource-share' });
    if (this.#tokenFile !== undefined) headers.set('authorization', await bearerIn(this.#tokenFile));
    const response = await fetch(this.#url, {
      method: 'POST',
      headers,
      body: JSON.stringify(otlpLogs(records)),
      redirect: 'error',
      signal,
    });
    const text = await beginningOf(response);
    if (response.ok) return refusalIn(text, records.length);
    // By OTLP these are not to be sent again as they are: of a batch, what it cannot take is found by halving it.
    if (response.status !== 400 && response.status !== 413) throw new Error(`it answered ${response.status}`);
    const half = Math.ceil(records.length / 2);
    if (half === records.length) return `it answered ${response.status} to one record`;
    const first = await this.send(records.slice(0, half), signal);
    const second = await this.send(records.slice(half), signal);
    return first === null || second === null ? (first ?? second) : `${first}; ${second}`;
  }

  close(): void {}
}

/** As it may be shown: what is behind the path may be a secret. */
function nameOf(text: string): string {
  const { origin, pathname, search } = new URL(text);
  return `${origin}${pathname}${search === '' ? '' : `?${createHash('sha256').update(search).digest('hex').slice(0, 8)}`}`;
}

/** What a header cannot hold would be quoted by whoever refuses it. */
async function bearerIn(path: string): Promise<string> {
  const token = (await readFile(path, 'utf8')).trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error(`${path} holds no token: one word in ASCII`);
  return `Bearer ${token}`;
}

async function beginningOf({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
    parts.push(part);
    length += part.length;
    if (length >= answerBytesMax) break;
  }
  return Buffer.concat(parts).toString('utf8');
}

/** 64-bit numbers are texts in this JSON, and may be numbers. By OTLP what was refused in part is not to be sent again. */
function refusalIn(text: string, count: number): string | null {
  let refused = 0;
  try {
    const answer = JSON.parse(text) as { readonly partialSuccess?: { readonly rejectedLogRecords?: number | string } };
    refused = Number(answer.partialSuccess?.rejectedLogRecords ?? 0);
  } catch {
    // An answer in protobuf, or none.
  }
  return refused > 0 ? `it refused ${refused} of ${count} records: ${visible(text).slice(0, 200)}` : null;
}

function otlpLogs(records: readonly AuditRecord[]): unknown {
  const resource = {
    attributes: [
      attribute('service.name', 'resource-share'),
      attribute('service.version', packageVersion),
      attribute('host.name', hostname()),
    ],
  };
  const scope = { name: 'resource-share.audit', version: packageVersion };
  return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: records.map(logRecord) }] }] };
}

function logRecord(record: AuditRecord): unknown {
  const nanoseconds = `${Date.parse(record.time)}000000`;
  const given = Object.entries({
    'event.name': record.type,
    'resource_share.id': record.id,
    'resource_share.actor': record.actor,
    'resource_share.pool': record.pool,
    'resource_share.seq': record.seq,
    'resource_share.previous': record.previous,
  }).filter(([, value]) => value !== null);
  return {
    timeUnixNano: nanoseconds,
    observedTimeUnixNano: nanoseconds,
    severityNumber: severityNumbers[record.severity],
    severityText: severityTexts[record.severity],
    eventName: record.type,
    body: { stringValue: textOf(record) },
    attributes: given.map(([key, value]) => attribute(key, value as string | number)),
  };
}

const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
});
