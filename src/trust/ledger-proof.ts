/**
 * That a server has the key of a ledger: a signed note with the nonce of a client, and the address at which that believes to be. Its
 * first line is no name of a log, so that it is never taken for a checkpoint, nor a checkpoint for it.
 */
import { fromBase64, keyText, parseKey, parseNote, type Signer, signedBy, signedNote, TrustError } from './note.js';

const firstLine = 'resource-share proof of a ledger key v1';
export const nonceBytes = 32;

export interface ProofRequest {
  /** 32 bytes, in base64. */
  readonly nonce: string;
  /** Host and port; left out by who shows no key, and has nothing to lose to somebody who hands it on. */
  readonly address?: string | undefined;
}

export const isNonce = (text: string): boolean => fromBase64(text)?.length === nonceBytes;
export const isAddress = (text: string): boolean => /^[\w.:[\]-]{1,255}:\d{1,5}$/.test(text);

/** Signed by each key while one is exchanged; the first one is the key that counts. */
export function signLedgerProof(request: ProofRequest, signers: readonly [Signer, ...Signer[]]): string {
  return signedNote(textOf(request, keyText(signers[0].verifier)), signers);
}

const textOf = ({ nonce, address = 'any' }: ProofRequest, key: string): string =>
  `${[firstLine, `key ${key}`, `nonce ${nonce}`, `address ${address}`].join('\n')}\n`;

/**
 * The key that counts from now on, as text: the trusted one, or one that it vouches for by its signature beside that of the new one.
 * Without a trusted one, the one that is shown. Throws a `TrustError` where it proves nothing.
 */
export function openLedgerProof(proof: string, request: ProofRequest, trusted: string | null): string {
  const note = parseNote(proof);
  const shown = parseKey(/^key (\S+)$/.exec(note.text.split('\n')[1] ?? '')?.[1] ?? '');
  const key = trusted === null ? shown : parseKey(trusted);
  if (shown.name !== key.name)
    throw new TrustError('origin', `it is ${shown.name}, and the key that is known is of ${key.name}`);
  if (signedBy(note, [key]).length === 0)
    throw new TrustError('signature', `it does not prove the key ${key.id}: another key signed`);
  if (signedBy(note, [shown]).length === 0)
    throw new TrustError('signature', `it shows the key ${shown.id}, and does not prove it`);
  if (note.text !== textOf(request, keyText(shown)))
    throw new TrustError('signature', 'what it signed is not what it was asked, or for another address');
  return keyText(shown);
}
