/**
 * Checkpoints (C2SP tlog-checkpoint): the text of a signed note that says how many events a log has, and the root of the tree over
 * their hashes. Its origin names the log. Two more lines say the hash of the last event, and when it was signed.
 */
import {
  fromBase64,
  type Note,
  parseNote,
  type Signer,
  signedBy,
  signedNote,
  TrustError,
  type VerifierKey,
} from './note.js';
import { isConsistent, isSame } from './tree.js';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Chain hash of the last event, in hexadecimal; null where it does not say it. */
  readonly head: string | null;
  /** Milliseconds UTC; null where it does not say it. */
  readonly time: number | null;
}

/** One whose signature holds. */
export interface OpenedCheckpoint extends Checkpoint {
  readonly note: Note;
  readonly keys: readonly VerifierKey[];
}

/** Of the log that begins with the event of this id, in a pool of this name. */
export const originOf = (firstId: string, pool: string): string => `resource-share/${firstId}/${pool}`;

export function signCheckpoint({ origin, size, root, head, time }: Checkpoint, signers: readonly Signer[]): string {
  const lines = [origin, String(size), Buffer.from(root).toString('base64'), `head ${head}`, `time ${time}`];
  return signedNote(`${lines.join('\n')}\n`, signers);
}

export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = '', ...extensions] = text.slice(0, -1).split('\n');
  const bytes = fromBase64(root);
  const isWhole = origin !== '' && isCount(size) && bytes?.length === 32 && extensions.every((line) => line !== '');
  if (!isWhole) throw new TrustError('format', 'this note is no checkpoint: it needs an origin, a size and a root');
  const said = (pattern: RegExp) => extensions.map((line) => pattern.exec(line)?.[1]).find((value) => value) ?? null;
  const time = said(/^time (\d{1,15})$/);
  return {
    origin,
    size: Number(size),
    root: bytes,
    head: said(/^head ([0-9a-f]{64})$/),
    time: time === null ? null : Number(time),
  };
}

export const isCount = (text: string): boolean =>
  /^(0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text));

/** Throws a `TrustError` unless one of the keys of the log has signed it. */
export function openCheckpoint(text: string, keys: readonly VerifierKey[]): OpenedCheckpoint {
  const note = parseNote(text);
  const checkpoint = parseCheckpoint(note.text);
  const own = keys.filter(({ name }) => name === checkpoint.origin);
  if (own.length === 0) {
    const names = [...new Set(keys.map(({ name }) => name))].join(', ');
    throw new TrustError('origin', `this is a checkpoint of ${checkpoint.origin}; the key is of ${names}`);
  }
  const signers = signedBy(note, own);
  if (signers.length === 0)
    throw new TrustError(
      'signature',
      `no signature under the key ${own.map(({ id }) => id).join(' or ')}: another key signed it`,
    );
  return { ...checkpoint, note, keys: signers };
}

/** How many of which witnesses have to have signed. */
export interface WitnessPolicy {
  readonly quorum: number;
  readonly keys: readonly VerifierKey[];
}

/** Those that have signed. Throws a `TrustError` where they are fewer than asked for. */
export function requireWitnesses(
  { note }: { readonly note: Note },
  { quorum, keys }: WitnessPolicy,
): readonly VerifierKey[] {
  const signed = new Set(signedBy(note, keys));
  if (signed.size >= quorum) return [...signed];
  const missing = keys.filter((key) => !signed.has(key)).map(({ name, id }) => `${name}+${id}`);
  throw new TrustError(
    'witness',
    `${signed.size} of ${keys.length} witnesses have signed it, and ${quorum} have to; missing: ${missing.join(', ')}`,
  );
}

/** Throws a `TrustError` unless the log of `now` is a continuation of the one of `old`. */
export function requireContinuation(old: Checkpoint, now: Checkpoint, proof: readonly Uint8Array[]): void {
  if (old.origin !== now.origin)
    throw new TrustError('origin', `this is a checkpoint of ${now.origin}, not of ${old.origin}`);
  if (now.size < old.size)
    throw new TrustError('size', `the log has ${now.size} events, but had ${old.size}: it was cut off or rolled back`);
  if (now.size === old.size && !isSame(now.root, old.root))
    throw new TrustError(
      'root',
      `two checkpoints of ${now.size} events have different roots: the log was rewritten or forked`,
    );
  if (!isConsistent(old, now, proof))
    throw new TrustError(
      'consistency',
      `the log of ${now.size} events is no continuation of the one of ${old.size}: it was rewritten or forked`,
    );
}
