/** Where the audit trail goes: a file, a syslog server, a collector of OpenTelemetry. */
import type { AuditRecord } from './record.js';

/** One of `syslog`, `file` and `otlp` is given. */
export interface AuditTarget {
  /** `unix:/dev/log`, `udp://host:514`, `tcp://host:601` or `tls://host:6514`. */
  readonly syslog?: string | undefined;
  /** Of a syslog server by TLS: the authorities it is to be certified by (PEM); those of the system where it is left out. */
  readonly ca?: string | undefined;
  /** Of syslog, from 0 to 23; 13, log audit, where it is left out. */
  readonly facility?: number | undefined;
  readonly file?: string | undefined;
  /** URL that takes logs by OTLP/HTTP in JSON, such as `http://host:4318/v1/logs`. */
  readonly otlp?: string | undefined;
  /** Of OTLP: a file with what is sent as `Authorization: Bearer`. */
  readonly token_file?: string | undefined;
}

export interface AuditSink {
  /** For people, and what its position is kept under: another one begins where the logs end then. */
  readonly name: string;
  /**
   * Resolves once the sink has them, as far as it says so, with what it refused of them for good; null where nothing. Throws where it
   * may not have all of them.
   */
  send(records: readonly AuditRecord[], signal: AbortSignal): Promise<string | null>;
  close(): void;
}
