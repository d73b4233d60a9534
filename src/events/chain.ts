/**
 * The hash chain of a pool.
 *
 * `hash(n) = SHA-256(version ‖ hash(n-1) ‖ envelope ‖ digest)`, where `version` is one byte, `hash(0)` is 32 zero
 * bytes, `digest` is the SHA-256 of the canonical payload, and `envelope` is each of `envelopeFields` as UTF-8 text
 * behind its length in bytes (unsigned 32 bit, big endian; 0xffffffff and no bytes for null). Numbers are written in
 * decimal. The lengths keep fields from flowing into each other; the version lets the recipe change some day.
 */
import * as crypto from 'node:crypto';
import type { StoredEvent } from './envelope.js';

export const hashVersion = 1;
export const genesisHash = new Uint8Array(32);

const envelopeFields = [
  'pool',
  'seq',
  'id',
  'type',
  'version',
  'occurred_at',
  'recorded_at',
  'actor',
  'source',
  'key',
  'correlates',
] as const;

type Sealed = Pick<StoredEvent, (typeof envelopeFields)[number] | 'digest'>;

const absent = 0xffff_ffff;
let scratch = Buffer.alloc(4_096);

/** SHA-256 of the canonical payload text. */
export function payloadDigest(payload: string): Uint8Array {
  return sha256(payload);
}

/** The hash that seals `event` behind the one before it (32 bytes, `genesisHash` for the first). */
export function chainHash(previous: Uint8Array, event: Sealed): Uint8Array {
  let bound = 1 + 32 + 32;
  for (const field of envelopeFields) bound += 4 + 3 * String(event[field] ?? '').length;
  if (bound > scratch.length) scratch = Buffer.alloc(bound * 2);
  scratch[0] = hashVersion;
  scratch.set(previous, 1);
  let end = 33;
  for (const field of envelopeFields) {
    const value = event[field];
    if (value === null) {
      end = scratch.writeUInt32BE(absent, end);
      continue;
    }
    const length = scratch.write(typeof value === 'string' ? value : String(value), end + 4, 'utf8');
    scratch.writeUInt32BE(length, end);
    end += 4 + length;
  }
  scratch.set(event.digest, end);
  return sha256(scratch.subarray(0, end + 32));
}

/** `crypto.hash` (Node 20.12) hashes a short input in a third of the time of a streaming hash; older Node has only that. */
const sha256: (data: string | Uint8Array) => Uint8Array =
  typeof crypto.hash === 'function'
    ? (data) => crypto.hash('sha256', data, 'buffer')
    : (data) => crypto.createHash('sha256').update(data).digest();

export type ChainFault = 'seq_gap' | 'digest_mismatch' | 'hash_mismatch' | 'hash_version_unknown' | 'time_reversed';

/** Whether `event` follows the event before it in the chain; `null` when it does. */
export function chainFault(previous: { seq: number; hash: Uint8Array; recorded_at: number }, event: StoredEvent): ChainFault | null {
  if (event.seq !== previous.seq + 1) return 'seq_gap';
  if (event.hash_version !== hashVersion) return 'hash_version_unknown';
  if (!sameBytes(payloadDigest(event.payload), event.digest)) return 'digest_mismatch';
  if (!sameBytes(chainHash(previous.hash, event), event.hash)) return 'hash_mismatch';
  if (event.recorded_at < previous.recorded_at) return 'time_reversed';
  return null;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
