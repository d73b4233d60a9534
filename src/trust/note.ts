/**
 * Signed notes (C2SP signed-note): a text, an empty line, and signature lines of Ed25519. Keys are written as
 * `<name>+<key id>+<base64 of type and public key>`. A log signs the text; a witness signs it behind a time (C2SP
 * tlog-cosignature).
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** What does not hold, by the name of what was looked at. */
export class TrustError extends Error {
  override readonly name = 'TrustError';
  readonly check: Check;

  constructor(check: Check, message: string) {
    super(message);
    this.check = check;
  }
}

export type Check =
  | 'format'
  | 'key'
  | 'origin'
  | 'signature'
  | 'witness'
  | 'event'
  | 'inclusion'
  | 'consistency'
  | 'size'
  | 'root'
  | 'head';

const plain = 1;
const timed = 4;

/** A signature of a log, or, with a time, one of a witness. */
type SignatureType = typeof plain | typeof timed;

export interface VerifierKey {
  readonly name: string;
  /** 8 hexadecimal digits. */
  readonly id: string;
  readonly type: SignatureType;
  readonly publicKey: KeyObject;
}

export interface Signer {
  readonly verifier: VerifierKey;
  readonly privateKey: KeyObject;
}

/** A line `— name signature`, and what it signs. */
interface SignatureLine {
  readonly name: string;
  readonly id: string;
  readonly signature: Buffer;
  readonly line: string;
}

export interface Note {
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
}

const signaturesMax = 32;
const noteCharactersMax = 65_536;
/** Before the 32 bytes of a public key, in its DER form. */
const spki = Buffer.from('302a300506032b6570032100', 'hex');
const keyBytes = 32;
const idBytes = 4;
const timeBytes = 8;
const signatureBytes = 64;

const rawOf = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(-keyBytes);

function verifierOf(name: string, type: SignatureType, publicKey: KeyObject): VerifierKey {
  const hash = createHash('sha256').update(`${name}\n`).update(Buffer.of(type)).update(rawOf(publicKey)).digest('hex');
  return { name, type, publicKey, id: hash.slice(0, idBytes * 2) };
}

export function signerOf(name: string, privateKey: KeyObject, isWitness = false): Signer {
  if (!isName(name)) throw new TrustError('key', 'a key needs a name without spaces and plus signs');
  return { privateKey, verifier: verifierOf(name, isWitness ? timed : plain, createPublicKey(privateKey)) };
}

const isName = (name: string): boolean => /^[^\s+\p{C}]+$/u.test(name);

export function keyText({ name, id, type, publicKey }: VerifierKey): string {
  return `${name}+${id}+${Buffer.concat([Buffer.of(type), rawOf(publicKey)]).toString('base64')}`;
}

export function parseKey(text: string): VerifierKey {
  const [, name = '', id = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text.trim()) ?? [];
  const bytes = fromBase64(encoded);
  const type = bytes?.[0];
  if (!isName(name) || bytes?.length !== 1 + keyBytes || (type !== plain && type !== timed))
    throw new TrustError('key', 'this is no key of the form name+id+base64, of Ed25519');
  const publicKey = createPublicKey({ key: Buffer.concat([spki, bytes.subarray(1)]), format: 'der', type: 'spki' });
  const key = verifierOf(name, type, publicKey);
  if (key.id !== id)
    throw new TrustError('key', `the id of this key is ${key.id}, not ${id}: a part of it was changed`);
  return key;
}

/** Null where it is none, or is not written as it would be. */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

/** A signature line, with its end of line. `at` counts for a witness: seconds since 1970. */
export function signatureLine(text: string, { verifier, privateKey }: Signer, at = 0): string {
  const { name, id, type } = verifier;
  const time = Buffer.alloc(type === timed ? timeBytes : 0);
  if (type === timed) time.writeBigUInt64BE(BigInt(at));
  const signature = sign(null, Buffer.from(type === timed ? timedText(text, BigInt(at)) : text), privateKey);
  return `— ${name} ${Buffer.concat([Buffer.from(id, 'hex'), time, signature]).toString('base64')}\n`;
}

const timedText = (text: string, at: bigint): string => `cosignature/v1\ntime ${at}\n${text}`;

export const signedNote = (text: string, signers: readonly Signer[]): string =>
  `${text}\n${signers.map((signer) => signatureLine(text, signer)).join('')}`;

/** Nothing of it is verified. */
export function parseNote(note: string): Note {
  const end = note.lastIndexOf('\n\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  const isClean = note.length <= noteCharactersMax && !/[\u0000-\u0009\u000b-\u001f\ufffd]/.test(note);
  if (end < 1 || !isClean || !note.endsWith('\n')) throw new TrustError('format', 'this is no signed note');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > signaturesMax) throw new TrustError('format', 'this note has too many signatures');
  return { text: note.slice(0, end + 1), signatures: lines.map(parseLine) };
}

function parseLine(line: string): SignatureLine {
  const [, name, encoded = ''] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
  const bytes = fromBase64(encoded);
  if (name === undefined || bytes === null || bytes.length <= idBytes)
    throw new TrustError('format', 'a signature line of the note cannot be read');
  return { name, id: bytes.toString('hex', 0, idBytes), signature: bytes.subarray(idBytes), line: `${line}\n` };
}

/** Which of the keys have signed; signatures of others are not looked at. Throws where a signature of one of the keys does not hold. */
export function signedBy({ text, signatures }: Note, keys: readonly VerifierKey[]): readonly VerifierKey[] {
  const found: VerifierKey[] = [];
  for (const { name, id, signature } of signatures) {
    const key = keys.find((each) => each.name === name && each.id === id);
    if (key === undefined) continue;
    if (!holds(text, key, signature))
      throw new TrustError(
        key.type === timed ? 'witness' : 'signature',
        `the signature under the key ${name}+${id} does not fit the text: one of them was changed`,
      );
    found.push(key);
  }
  return found;
}

function holds(text: string, { type, publicKey }: VerifierKey, signature: Buffer): boolean {
  if (type === plain) return verify(null, Buffer.from(text), publicKey, signature);
  if (signature.length !== timeBytes + signatureBytes) return false;
  const message = timedText(text, signature.readBigUInt64BE(0));
  return verify(null, Buffer.from(message), publicKey, signature.subarray(timeBytes));
}
