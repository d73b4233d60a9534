/**
 * The form of an API key: `rs_`, an id of 8 characters that may be logged, `_`, 32 random bytes in base64url, and a checksum of 6.
 * Scanners for secrets know it by its beginning; by the checksum a key that was cut or mistyped is told from one that is unknown.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const idAlphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idCharacters = 8;
const secretBytes = 32;
const checksumCharacters = 6;
const form = /^rs_([0-9a-hjkmnp-tv-z]{8})_[\w-]{43}[0-9A-Za-z]{6}$/;

export interface NewKey {
  readonly id: string;
  /** The key itself: shown once, and kept by nobody. */
  readonly text: string;
}

/** An id that may be logged. */
export const randomId = (): string =>
  Array.from({ length: idCharacters }, () => idAlphabet[randomInt(idAlphabet.length)]).join('');

export function makeKey(): NewKey {
  const id = randomId();
  const start = `rs_${id}_${randomBytes(secretBytes).toString('base64url')}`;
  return { id, text: start + checksumOf(start) };
}

/** The id in a key; null where it is malformed. */
export function idInKey(text: string): string | null {
  const id = form.exec(text)?.[1];
  if (id === undefined) return null;
  const end = text.length - checksumCharacters;
  return text.slice(end) === checksumOf(text.slice(0, end)) ? id : null;
}

/** What is kept of a key. Its 256 random bits need no slow hash. */
export const hashOfKey = (text: string): Buffer => createHash('sha256').update(text).digest();

function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < checksumCharacters; i++) {
    digits = base62[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}
