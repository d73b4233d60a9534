/** Opens the sinks of the audit trail, each loaded where there is one of its kind. */
import type { Clock } from '../runtime/clock.js';
import type { AuditSink, AuditTarget } from './sink.js';

/** `host` is the name of this machine where daemons of others may have the same ledger, else empty. */
export async function auditSinkOf(target: AuditTarget, clock: Clock, host = ''): Promise<AuditSink> {
  const { syslog, ca, facility, file, otlp, token_file: tokenFile } = target;
  if (file !== undefined) return new (await import('./file-sink.js')).FileSink(file, host);
  if (otlp !== undefined) return new (await import('./otlp-sink.js')).OtlpSink(otlp, tokenFile);
  if (syslog !== undefined)
    return (await import('./syslog-sink.js')).syslogSink({ url: syslog, ca, facility, clock, host });
  throw new Error('a sink of the audit trail is a syslog server, a file or a collector');
}
