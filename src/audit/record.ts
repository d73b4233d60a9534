/** A record of the audit trail: what somebody did to the ledger, or tried to. The same whatever it is sent as. */
import { type EventType, eventTypes } from '../events/catalogue.js';
import { isoText } from '../events/days.js';
import type { StoredEvent } from '../events/envelope.js';
import { upcast } from '../events/upcast.js';
import type { AuditNote } from '../ledger/ledger.js';
import { limits } from '../limits.js';

/** As syslog and OpenTelemetry both know them. */
export type Severity = 'notice' | 'warning' | 'error';

export interface AuditRecord {
  /** Of the event; of what is in no log, one of its own. A record that comes twice has the same one. */
  readonly id: string;
  /** When it was recorded, in ISO 8601. */
  readonly time: string;
  /** A type of events, or one of `noteTypes`. */
  readonly type: string;
  readonly severity: Severity;
  /** Who did it; null where nobody signed in. */
  readonly actor: string | null;
  /** The log it stands in, and where; null where it is in no log. */
  readonly pool: string | null;
  readonly seq: number | null;
  /** Between this seq and its own there is no other record of the pool: whoever has none of it lacks one. */
  readonly previous: number | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What is in no log: requests and keys that were refused may be many, and a log is for ever. */
export const noteTypes = {
  began: 'audit.began',
  gap: 'audit.gap',
  request: 'request.admin',
  refused: 'login.refused',
} as const;

/** Keys, rules, identities, corrections, alerts, and what was done to the ledger as a whole. No use, no turn, nothing that an agent says. */
const audited = /^(key|secret|ledger_key|policy|pool|identity|alert|clock|import|cleanup|maintenance|projection)\./;
const auditedAlso: readonly EventType[] = ['usage.corrected', 'quota.rejected', 'instance.conflict'];
export const auditedTypes: readonly EventType[] = eventTypes.filter(
  (type) => audited.test(type) || auditedAlso.includes(type),
);

const warnings: readonly EventType[] = ['alert.raised', 'instance.conflict', 'clock.corrected', 'ledger_key.rotated'];

export function recordOf(stored: StoredEvent, previous: number): AuditRecord {
  const { id, type, actor, pool, seq, recorded_at: at, payload } = upcast(stored);
  const severity = warnings.includes(type) ? 'warning' : 'notice';
  return { id, time: isoText(at), type, severity, actor, pool, seq, previous, data: { ...payload } };
}

/** As it waits. */
export const noteOf = (record: AuditRecord): AuditNote => ({ id: record.id, record: JSON.stringify(record) });

/** As most sinks take it. */
export const textOf = (record: AuditRecord): string => textWithin(record, limits.auditBytesMax);

/** Without its data where it would be too large, which is said in their place. */
export function textWithin(record: AuditRecord, bytesMax: number): string {
  const text = JSON.stringify(record);
  const bytes = Buffer.byteLength(text);
  if (bytes <= bytesMax) return text;
  return JSON.stringify({ ...record, data: { omitted: `${bytes} bytes are too many` } });
}
