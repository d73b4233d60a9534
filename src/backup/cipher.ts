/** Encryption of backups by age: for keys that are public, so that what makes backups cannot read them. Loaded when it is asked for. */
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Problem } from '../problems.js';

export interface Cipher {
  /** What the names of its files end with. */
  readonly ending: string;
  encrypt(bytes: Uint8Array): Promise<Uint8Array>;
  encryptStream(stream: Readable): Promise<Readable>;
}

export interface Decipher {
  decrypt(bytes: Uint8Array): Promise<Uint8Array>;
  decryptStream(stream: Readable): Promise<Readable>;
}

export const noCipher: Cipher & Decipher = {
  ending: '',
  encrypt: async (bytes) => bytes,
  encryptStream: async (stream) => stream,
  decrypt: async (bytes) => bytes,
  decryptStream: async (stream) => stream,
};

type Age = typeof import('age-encryption');

async function loadAge(): Promise<Age> {
  try {
    return await import('age-encryption');
  } catch {
    throw new Problem(
      'backup_refused',
      'the package age-encryption, which encrypts backups, is not installed: `npm install age-encryption` beside this program',
    );
  }
}

/** For all of the recipients; without any, nothing is encrypted. Throws a `Problem` where one is no key of age. */
export async function cipherFor(recipients: readonly string[]): Promise<Cipher> {
  if (recipients.length === 0) return noCipher;
  const { Encrypter } = await loadAge();
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw new Problem('backup_refused', `${recipient.slice(0, 100)} is no public key of age, such as age1…`);
    }
  }
  return {
    ending: '.age',
    encrypt: (bytes) => encrypter.encrypt(bytes),
    encryptStream: async (stream) => fromWeb(await encrypter.encrypt(toWeb(stream))),
  };
}

/** By the identities in files as `age-keygen` writes them. Throws a `Problem` where there is none in one of them. */
export async function decipherFrom(files: readonly string[]): Promise<Decipher> {
  const { Decrypter } = await loadAge();
  const decrypter = new Decrypter();
  for (const path of files) {
    const lines = (await readFile(path, 'utf8')).split(/\r?\n/).filter((line) => /^AGE-/i.test(line));
    if (lines.length === 0) throw new Problem('backup_refused', `${path} holds no identity of age (AGE-SECRET-KEY-…)`);
    for (const line of lines) addIdentity(decrypter, line.trim(), path);
  }
  return {
    decrypt: (bytes) => decrypter.decrypt(bytes).catch(refuse),
    decryptStream: async (stream) => fromWeb(await decrypter.decrypt(toWeb(stream)).catch(refuse)),
  };
}

function addIdentity(decrypter: InstanceType<Age['Decrypter']>, line: string, path: string): void {
  try {
    decrypter.addIdentity(line);
  } catch {
    throw new Problem('backup_refused', `an identity in ${path} cannot be read: it is none of X25519`);
  }
}

function refuse(error: Error): never {
  if (/no identity matched/i.test(error.message))
    throw new Problem('backup_refused', 'the backup is encrypted for other keys than these identities have');
  throw new Problem('backup_damaged', `a file of the backup cannot be decrypted: ${error.message}`);
}

// The streams of the web as Node and as the library describe them are the same ones.
const toWeb = (stream: Readable) => Readable.toWeb(stream) as unknown as globalThis.ReadableStream<Uint8Array>;
const fromWeb = (stream: globalThis.ReadableStream<Uint8Array>): Readable =>
  Readable.fromWeb(stream as unknown as ReadableStream);
