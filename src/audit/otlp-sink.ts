/** The audit trail to a collector of OpenTelemetry: logs by OTLP/HTTP in JSON (opentelemetry-proto 1.x, `ExportLogsServiceRequest`). */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { limits } from '../limits.js';
import { packageVersion } from '../package-root.js';
import { visible } from '../text/visible.js';
import { type AuditRecord, type Severity, textWithin } from './record.js';
import type { AuditSink } from './sink.js';

/** Of the data model of logs. */
const severityNumbers: Readonly<Record<Severity, number>> = { notice: 10, warning: 13, error: 17 };
const severityTexts: Readonly<Record<Severity, string>> = { notice: 'INFO2', warning: 'WARN', error: 'ERROR' };

export class OtlpSink implements AuditSink {
  readonly name: string;
  readonly #url: string;
  readonly #tokenFile: string | undefined;

  constructor(url: string, tokenFile: string | undefined) {
    this.#url = url;
    this.#tokenFile = tokenFile;
    this.name = url;
  }

  async send(records: readonly AuditRecord[], signal: AbortSignal): Promise<string | null> {
    const token = this.#tokenFile === undefined ? null : (await readFile(this.#tokenFile, 'utf8')).trim();
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'resource-share',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(otlpLogs(records)),
      redirect: 'error',
      signal,
    });
    const text = (await response.text()).slice(0, limits.webhookReplyBytesMax);
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const refused = rejectedIn(text);
    // By OTLP what was refused in part is not to be sent again.
    return refused > 0 ? `it refused ${refused} of ${records.length} records: ${visible(text).slice(0, 200)}` : null;
  }

  close(): void {}
}

/** 64-bit numbers are texts in this JSON, and may be numbers. */
function rejectedIn(text: string): number {
  try {
    const answer = JSON.parse(text) as { readonly partialSuccess?: { readonly rejectedLogRecords?: number | string } };
    return Number(answer.partialSuccess?.rejectedLogRecords ?? 0);
  } catch {
    return 0;
  }
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
    body: { stringValue: textWithin(record, limits.auditBytesMax) },
    attributes: given.map(([key, value]) => attribute(key, value as string | number)),
  };
}

const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
});
