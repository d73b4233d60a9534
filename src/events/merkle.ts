/**
 * The Merkle root over hashes in order, as RFC 9162 builds it: leaves and inner nodes are hashed behind different bytes,
 * so that none can be taken for the other, and a node without a neighbour goes up as it is.
 */
import { sha256 } from './chain.js';

const leaf = Buffer.alloc(1 + 32);
const node = Buffer.alloc(1 + 2 * 32, 1);

/** Hashes and root are hexadecimal text; there must be at least one hash. */
export function merkleRoot(hashes: readonly string[]): string {
  let level = hashes.map((hash) => {
    leaf.write(hash, 1, 'hex');
    return sha256(leaf);
  });
  while (level.length > 1) level = parentsOf(level);
  const [root] = level;
  if (root === undefined) throw new Error('a Merkle tree needs a leaf');
  return root;
}

function parentsOf(level: readonly string[]): string[] {
  const parents: string[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = [level[i] as string, level[i + 1]];
    if (right === undefined) parents.push(left);
    else {
      node.write(left, 1, 'hex');
      node.write(right, 1 + 32, 'hex');
      parents.push(sha256(node));
    }
  }
  return parents;
}
