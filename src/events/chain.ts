/**
 * The hash chain of a pool.
 *
 * `hash(n) = SHA-256(version ‖ hash(n-1) ‖ envelope ‖ digest)`, where `version` is one byte, `hash(0)` is 32 zero
 * bytes, `digest` is the SHA-256 of the canonical payload, and `envelope` is each of `envelopeFields` as UTF-8 text
 * behind its length in bytes (unsigned 32 bit, big endian; 0xffffffff and no bytes for null). Numbers are written in
 * decimal. The lengths keep fields from flowing into each other; the version lets the recipe change some day.
 */
import * as crypto from 'node:crypto';
import type { Head, StoredEvent } from './envelope.js';
import { subjectOf } from './subject.js';

export const hashVersion = 1;
/** Hashes and digests are hexadecimal text in memory (32 bytes in the database). */
export const genesisHash = '0'.repeat(64);

/** What the next event is chained to. */
export type Link = Pick<Head, 'seq' | 'hash' | 'recorded_at'>;

/** What the first event of a pool is chained to. */
export const genesis: Link = { seq: 0, hash: genesisHash, recorded_at: 0 };

type Envelope = Pick<
  StoredEvent,
  'pool' | 'seq' | 'id' | 'type' | 'version' | 'occurred_at' | 'recorded_at' | 'actor' | 'source' | 'key' | 'correlates'
>;

/** SHA-256 of the canonical payload text. */
export function payloadDigest(payload: string): string {
  return sha256(payload);
}

/** The hash that seals `event` behind the one before it (`genesisHash` for the first). */
export function chainHash(previous: string, event: Envelope, digest: string): string {
  scratch[0] = hashVersion;
  let end = putHash(previous, 1);
  end = putField(event.pool, end);
  end = putField(event.seq, end);
  end = putField(event.id, end);
  end = putField(event.type, end);
  end = putField(event.version, end);
  end = putField(event.occurred_at, end);
  end = putField(event.recorded_at, end);
  end = putField(event.actor, end);
  end = putField(event.source, end);
  end = putField(event.key, end);
  end = putField(event.correlates, end);
  return sha256(scratchUpTo(putHash(digest, end)));
}

/**
 * What is hashed, put together in place: 4.2 µs with the hash; with fields joined to one text, of which those that had not
 * changed were kept, 5.9 µs.
 */
let scratch = Buffer.alloc(4_096);
/** Views of its beginning, by length: there are few lengths, and a view takes 0.3 µs to make. */
const views = new Map<number, Uint8Array>();

function scratchUpTo(end: number): Uint8Array {
  let view = views.get(end);
  if (view === undefined) {
    view = scratch.subarray(0, end);
    views.set(end, view);
  }
  return view;
}

/** Puts a field behind its length, at a position; returns where it ends. */
function putField(value: string | number | null, at: number): number {
  if (value === null) return putLength(0xffffffff, at);
  const text = typeof value === 'string' ? value : String(value);
  const start = at + 4;
  makeRoom(start + text.length * 3);
  let end = start;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      end = start + scratch.write(text, start);
      break;
    }
    scratch[end] = code;
    end += 1;
  }
  putLength(end - start, at);
  return end;
}

function putLength(length: number, at: number): number {
  scratch[at] = length >>> 24;
  scratch[at + 1] = length >>> 16;
  scratch[at + 2] = length >>> 8;
  scratch[at + 3] = length;
  return at + 4;
}

const digits = new Uint8Array(128);
for (let digit = 0; digit < 16; digit += 1) digits[digit.toString(16).charCodeAt(0)] = digit;

function putHash(hex: string, at: number): number {
  for (let i = 0; i < 32; i += 1) {
    const high = digits[hex.charCodeAt(2 * i)] as number;
    scratch[at + i] = (high << 4) | (digits[hex.charCodeAt(2 * i + 1)] as number);
  }
  return at + 32;
}

/** For what comes up to `end`, and for whatever may follow that has a fixed length. */
function makeRoom(end: number): void {
  const needed = end + 256;
  if (needed <= scratch.length) return;
  scratch = Buffer.concat([scratch], needed * 2);
  views.clear();
}

/**
 * `crypto.hash` (Node 20.12) takes 2.1 µs for 200 bytes with the result as text, 4.3 µs with a buffer; a streaming hash,
 * all that older Node has, takes 5.5 µs.
 */
export const sha256: (data: string | Uint8Array) => string =
  typeof crypto.hash === 'function'
    ? (data) => crypto.hash('sha256', data, 'hex')
    : (data) => crypto.createHash('sha256').update(data).digest('hex');

export type ChainFault =
  | 'seq_gap'
  | 'digest_mismatch'
  | 'hash_mismatch'
  | 'hash_version_unknown'
  | 'time_reversed'
  | 'name_mismatch';

/** Whether `event` follows the event before it in the chain, and is filed under the right name; `null` when so. */
export function chainFault(previous: Link, event: StoredEvent): ChainFault | null {
  const fault = linkFault(previous, event);
  if (fault !== null) return fault;
  return subjectOf(JSON.parse(event.payload)) === event.claude_name ? null : 'name_mismatch';
}

/** As `chainFault`, where the name was just taken from the payload. */
export function linkFault(previous: Link, event: StoredEvent): ChainFault | null {
  if (event.seq !== previous.seq + 1) return 'seq_gap';
  if (event.hash_version !== hashVersion) return 'hash_version_unknown';
  if (payloadDigest(event.payload) !== event.digest) return 'digest_mismatch';
  if (chainHash(previous.hash, event, event.digest) !== event.hash) return 'hash_mismatch';
  if (event.recorded_at < previous.recorded_at && event.type !== 'clock.corrected') return 'time_reversed';
  return null;
}
