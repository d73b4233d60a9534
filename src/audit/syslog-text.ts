/** A record as a message of syslog (RFC 5424): what it says is JSON, in ASCII. */
import { hostname } from 'node:os';
import { packageVersion } from '../package-root.js';
import { type AuditRecord, type Severity, textWithin } from './record.js';

const severities: Readonly<Record<Severity, number>> = { error: 3, warning: 4, notice: 5 };
const largestSequence = 2_147_483_647;

export interface SyslogFacts {
  readonly facility: number;
  /** Grows by one with each message of this process: a receiver sees what it did not get (RFC 5424, 7.3.1). */
  readonly sequence: number;
  readonly bytesMax: number;
}

export function syslogText(record: AuditRecord, { facility, sequence, bytesMax }: SyslogFacts): string {
  const priority = facility * 8 + severities[record.severity];
  const head = [
    `<${priority}>1`,
    record.time,
    word(hostname(), 255),
    'resource-share',
    String(process.pid),
    word(record.type, 32),
    `[meta sequenceId="${((sequence - 1) % largestSequence) + 1}"][origin software="resource-share" swVersion="${packageVersion}"]`,
  ].join(' ');
  const room = bytesMax - head.length - 1;
  const text = asciiOnly(textWithin(record, room));
  return `${head} ${text.length <= room ? text : asciiOnly(textWithin(record, 0))}`;
}

/** Printable, without a space; `-` where nothing is left. */
const word = (text: string, charactersMax: number): string =>
  text.replace(/[^\x21-\x7e]/g, '').slice(0, charactersMax) || '-';

/** JSON means the same with its characters escaped; then nothing of it is a control character, whatever a receiver takes for one. */
const asciiOnly = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
