/**
 * Root and proofs of an RFC 6962 Merkle tree. What is asked of it are nodes over 2^level leaves; where they come from is the
 * business of who asks. Sizes count leaves, indexes begin at 0.
 */
import { emptyRoot, nodeHash } from './hashing.js';

/** The hash over the leaves `index * 2^level` to `(index + 1) * 2^level - 1`, all of which there are. */
export type Nodes = (level: number, index: number) => Promise<Uint8Array> | Uint8Array;

export async function rootOf(nodes: Nodes, size: number): Promise<Uint8Array> {
  return size === 0 ? emptyRoot() : rangeHash(nodes, 0, size);
}

/** From the sibling of the leaf up to the child of the root. */
export async function inclusionProof(nodes: Nodes, index: number, size: number): Promise<Uint8Array[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`there is no leaf ${index} in a tree of ${size}`);
  const path: Uint8Array[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + largestPowerBelow(to - from);
    const isLeft = index < middle;
    path.push(await (isLeft ? rangeHash(nodes, middle, to) : rangeHash(nodes, from, middle)));
    if (isLeft) to = middle;
    else from = middle;
  }
  return path.reverse();
}

/** Empty where there is nothing to prove: of the empty tree, and of the tree itself. */
export async function consistencyProof(nodes: Nodes, oldSize: number, size: number): Promise<Uint8Array[]> {
  if (!(oldSize >= 0 && oldSize <= size)) throw new RangeError(`a tree of ${size} has none of ${oldSize} in it`);
  if (oldSize === 0 || oldSize === size) return [];
  const proof: Uint8Array[] = [];
  let [from, to, old] = [0, size, oldSize];
  let isWhole = true;
  while (old !== to - from) {
    const middle = largestPowerBelow(to - from);
    if (old <= middle) {
      proof.push(await rangeHash(nodes, from + middle, to));
      to = from + middle;
    } else {
      proof.push(await rangeHash(nodes, from, from + middle));
      from += middle;
      old -= middle;
      isWhole = false;
    }
  }
  if (!isWhole) proof.push(await rangeHash(nodes, from, to));
  return proof.reverse();
}

/** Whether the path leads from the leaf to the root. */
export function isIncluded(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!(index >= 0 && index < size)) return false;
  let hash: Uint8Array = leaf;
  let [at, last] = [index, size - 1];
  for (const sibling of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else hash = nodeHash(hash, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && isSame(hash, root);
}

/** Whether the tree of the old root is the beginning of the tree of the new one. Of the empty tree, every tree is a continuation. */
export function isConsistent(
  old: { readonly size: number; readonly root: Uint8Array },
  now: { readonly size: number; readonly root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean {
  if (old.size > now.size) return false;
  if (old.size === 0) return proof.length === 0 && isSame(old.root, emptyRoot());
  if (old.size === now.size) return proof.length === 0 && isSame(old.root, now.root);
  let [at, last] = [old.size - 1, now.size - 1];
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  // A tree that is a node of the new one is not sent along.
  const hashes = at === 0 ? [old.root, ...proof] : [...proof];
  const first = hashes.shift();
  if (first === undefined) return false;
  let [oldHash, newHash] = [first, first];
  for (const hash of hashes) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      oldHash = nodeHash(hash, oldHash);
      newHash = nodeHash(hash, newHash);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else newHash = nodeHash(newHash, hash);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && isSame(oldHash, old.root) && isSame(newHash, now.root);
}

/** Over the leaves `from` to `to - 1`; `from` is where a node over as many leaves begins, or a larger one. */
async function rangeHash(nodes: Nodes, from: number, to: number): Promise<Uint8Array> {
  const length = to - from;
  const level = Math.log2(length);
  if (Number.isInteger(level)) return nodes(level, from / length);
  const middle = from + largestPowerBelow(length);
  return nodeHash(await rangeHash(nodes, from, middle), await rangeHash(nodes, middle, to));
}

/** Of numbers from 2 on: the largest power of two that is smaller. */
const largestPowerBelow = (size: number): number => 2 ** Math.ceil(Math.log2(size) - 1);

/** Shifting cuts at 32 bits. */
const half = (value: number): number => Math.floor(value / 2);

export const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
