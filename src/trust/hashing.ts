/**
 * The two hashes of an RFC 6962 tree, into a buffer at a position. As latin1 text a hash costs 0.35 µs, as hexadecimal text
 * 0.5 µs, as a buffer of its own 0.7 µs.
 */
import * as crypto from 'node:crypto';

export const hashBytes = 32;

const leaf = Buffer.alloc(1 + hashBytes);
const node = Buffer.alloc(1 + 2 * hashBytes, 1);

/** `crypto.hash` came with Node 20.12. */
const sha256Into: (data: Uint8Array, target: Buffer, at: number) => void =
  typeof crypto.hash === 'function'
    ? (data, target, at) => target.write(crypto.hash('sha256', data, 'binary'), at, hashBytes, 'latin1')
    : (data, target, at) => crypto.createHash('sha256').update(data).digest().copy(target, at);

/** Of a leaf whose data are the 32 bytes at a position of `data`. */
export function leafInto(data: Buffer, from: number, target: Buffer, at: number): void {
  data.copy(leaf, 1, from, from + hashBytes);
  sha256Into(leaf, target, at);
}

/** Of the node over the two hashes that follow each other at a position of `children`. */
export function nodeInto(children: Buffer, from: number, target: Buffer, at: number): void {
  children.copy(node, 1, from, from + 2 * hashBytes);
  sha256Into(node, target, at);
}

/** Of a leaf with any data. */
export function leafHash(data: Uint8Array): Buffer {
  const hash = Buffer.alloc(hashBytes);
  sha256Into(Buffer.concat([Buffer.of(0), data]), hash, 0);
  return hash;
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const hash = Buffer.alloc(hashBytes);
  node.set(left, 1);
  node.set(right, 1 + hashBytes);
  sha256Into(node, hash, 0);
  return hash;
}

/** Root of the tree without leaves: SHA-256 of nothing. */
export function emptyRoot(): Buffer {
  const hash = Buffer.alloc(hashBytes);
  sha256Into(new Uint8Array(), hash, 0);
  return hash;
}
