/** Proofs that an event is in a log, as a file that is verified by itself (C2SP tlog-proof). */
import { isCount, type OpenedCheckpoint } from './checkpoint.js';
import { leafHash } from './hashing.js';
import { fromBase64, TrustError } from './note.js';
import { isIncluded } from './tree.js';

export interface Proof {
  /** The first event has 0. */
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** What else is needed to know the event by; authenticated by nothing but what it is compared with. */
  readonly extra: Buffer | null;
  /** The signed note. */
  readonly checkpoint: string;
}

export const proofMediaType = 'text/plain; charset=utf-8';
const firstLine = 'c2sp.org/tlog-proof@v1';
export const pathMax = 64;

export function proofText({ index, path, extra, checkpoint }: Proof): string {
  const lines = [firstLine, ...(extra === null ? [] : [`extra ${extra.toString('base64')}`]), `index ${index}`];
  return `${[...lines, ...hashLines(path)].join('\n')}\n\n${checkpoint}`;
}

export const hashLines = (hashes: readonly Uint8Array[]): string[] =>
  hashes.map((hash) => Buffer.from(hash).toString('base64'));

export function parseProof(text: string): Proof {
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(end, 0)).split('\n');
  if (lines.shift() !== firstLine)
    throw new TrustError('format', `this is no proof: it does not begin with ${firstLine}`);
  const extra = lines[0]?.startsWith('extra ') === true ? fromBase64((lines.shift() as string).slice(6)) : null;
  const index = /^index (\d+)$/.exec(lines.shift() ?? '')?.[1] ?? '';
  if (!isCount(index)) throw new TrustError('format', 'the proof does not say the index of its event');
  return { index: Number(index), path: parseHashes(lines), extra, checkpoint: text.slice(end + 2) };
}

export function parseHashes(lines: readonly string[]): Buffer[] {
  const hashes = lines.map(fromBase64);
  if (hashes.length > pathMax || !hashes.every((hash): hash is Buffer => hash?.length === 32))
    throw new TrustError('format', 'a hash of the proof cannot be read');
  return hashes;
}

/** Throws a `TrustError` unless the event with this chain hash, in hexadecimal, is in the log of the checkpoint. */
export function requireInclusion({ index, path }: Proof, hash: string, { size, root }: OpenedCheckpoint): void {
  if (index >= size)
    throw new TrustError('size', `event ${index + 1} came after the checkpoint, which is of ${size} events`);
  if (!isIncluded(leafHash(Buffer.from(hash, 'hex')), index, size, path, root))
    throw new TrustError('inclusion', `the event ${index + 1} of this hash is not in the log that was signed`);
}
