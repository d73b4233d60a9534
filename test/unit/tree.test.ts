// Goal: roots and proofs are those of RFC 6962, whatever the size; no other tree, place or hash passes for the right one.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import type { Tile } from '../../src/engines/tile.js';
import { emptyRoot, leafHash, nodeHash } from '../../src/trust/hashing.js';
import {
  consistencyProof,
  inclusionProof,
  isConsistent,
  isIncluded,
  type Nodes,
  rootOf,
} from '../../src/trust/tree.js';
import { GrowingTree, nodesOf, tileWidth } from '../../src/trust/tree-tiles.js';

const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');
const bytes = (text: string) => Buffer.from(text, 'hex');

/** The leaves, roots and proofs that the tests of Certificate Transparency have. */
const vectorLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const vectorRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** By the definition, from the hashes of the leaves. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  let middle = 1;
  while (middle * 2 < leaves.length) middle *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, middle)), naiveRoot(leaves.slice(middle)));
}

const nodesOver =
  (leaves: readonly Uint8Array[]): Nodes =>
  (level, index) =>
    naiveRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));

t.test('as the vectors of Certificate Transparency', async (t) => {
  const leaves = vectorLeaves.map((text) => leafHash(bytes(text)));
  const nodes = nodesOver(leaves);
  t.equal(hex(emptyRoot()), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  for (const [i, root] of vectorRoots.entries()) t.equal(hex(await rootOf(nodes, i + 1)), root);
  t.strictSame((await inclusionProof(nodes, 0, 8)).map(hex), [
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ]);
  t.strictSame((await inclusionProof(nodes, 5, 8)).map(hex), [
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
  t.strictSame((await consistencyProof(nodes, 6, 8)).map(hex), [
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
});

t.test('every proof of every small tree holds, and no other one', async (t) => {
  const data = Array.from({ length: 34 }, (_, i) => leafHash(Buffer.of(i)));
  const nodes = nodesOver(data);
  const faults: string[] = [];
  for (let size = 0; size <= data.length; size += 1) {
    const root = await rootOf(nodes, size);
    if (hex(root) !== hex(naiveRoot(data.slice(0, size)))) faults.push(`root of ${size}`);
    for (let index = 0; index < size; index += 1) {
      const path = await inclusionProof(nodes, index, size);
      const leaf = data[index] as Uint8Array;
      if (!isIncluded(leaf, index, size, path, root)) faults.push(`${index} in ${size}`);
      if (size > 1 && isIncluded(leaf, (index + 1) % size, size, path, root)) faults.push(`${index} + 1 in ${size}`);
      if (isIncluded(leaf, index, size, [...path, root], root)) faults.push(`${index} in ${size}, longer`);
      if (isIncluded(leaf, index, size * 2, path, root)) faults.push(`${index} of ${size} in a tree of another size`);
      if (path.length > 0 && isIncluded(leaf, index, size, path.slice(1), root)) faults.push(`${index}, shorter`);
    }
    for (let old = 0; old <= size; old += 1) {
      const oldRoot = await rootOf(nodes, old);
      const proof = await consistencyProof(nodes, old, size);
      if (!isConsistent({ size: old, root: oldRoot }, { size, root }, proof)) faults.push(`${old} to ${size}`);
      if (old === 0) continue;
      const other = nodeHash(oldRoot, oldRoot);
      if (old < size && isConsistent({ size: old, root: oldRoot }, { size: size * 2, root }, proof))
        faults.push(`${old} to ${size} of another size`);
      if (isConsistent({ size: old, root: other }, { size, root }, proof)) faults.push(`another ${old} to ${size}`);
      if (isConsistent({ size: old, root: oldRoot }, { size, root: other }, proof)) faults.push(`${old} to another`);
      if (isConsistent({ size: old, root: oldRoot }, { size, root }, [...proof, root])) faults.push(`${old}, longer`);
    }
  }
  t.strictSame(faults, []);
  t.notOk(isIncluded(leafHash(Buffer.of(1)), 0, 0, [], emptyRoot()), 'nothing is in an empty tree');
  t.notOk(isConsistent({ size: 5, root: data[0] as Buffer }, { size: 3, root: data[0] as Buffer }, []));
  await t.rejects(inclusionProof(nodes, 3, 3), RangeError);
  await t.rejects(consistencyProof(nodes, 4, 3), RangeError);
});

t.test('a tree that grows in tiles is the same, wherever it was put away between', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (steps, one, other) => {
      const stored = new Map<string, Tile>();
      const leaves: Uint8Array[] = [];
      for (const step of steps) {
        const tree = new GrowingTree(edgesOf(stored));
        if (tree.size !== leaves.length) throw new Error(`a tree of ${leaves.length} came back as ${tree.size}`);
        const data = Array.from({ length: step }, (_, i) => dataOf(leaves.length + i));
        tree.append(Buffer.concat(data));
        for (const tile of tree.take()) stored.set(`${tile.level} ${tile.index}`, tile);
        leaves.push(...data.map(leafHash));
      }
      const nodes = nodesOf(async (level, index) => stored.get(`${level} ${index}`)?.hashes ?? null);
      const size = 1 + (one % leaves.length);
      const [index, old] = [other % size, 1 + (other % size)];
      const root = await rootOf(nodes, size);
      const oldRoot = await rootOf(nodes, old);
      return (
        hex(root) === hex(naiveRoot(leaves.slice(0, size))) &&
        isIncluded(leaves[index] as Uint8Array, index, size, await inclusionProof(nodes, index, size), root) &&
        isConsistent({ size: old, root: oldRoot }, { size, root }, await consistencyProof(nodes, old, size))
      );
    }),
    { numRuns: 30, seed: Number(process.env.SEED ?? 20_260_106) },
  );
});

t.test('tiles that are full lead to a tile above, also at three levels', async (t) => {
  const tree = new GrowingTree();
  const count = tileWidth * tileWidth + 1;
  const data = Buffer.alloc(count * 32);
  for (let i = 0; i < count; i += 1) data.writeUInt32BE(i, i * 32);
  tree.append(data);
  const tiles = tree.take();
  t.strictSame(
    tiles.filter(({ level }) => level > 0).map(({ level, index, hashes }) => [level, index, hashes.length / 32]),
    [
      [1, 0, 256],
      [2, 0, 1],
    ],
  );
  t.strictSame(tree.take(), [], 'what was taken did not change again');
  const nodes = nodesOf(
    async (level, index) => tiles.find((tile) => tile.level === level && tile.index === index)?.hashes ?? null,
  );
  const leaf = leafHash(data.subarray(-32));
  t.ok(isIncluded(leaf, count - 1, count, await inclusionProof(nodes, count - 1, count), await rootOf(nodes, count)));
  await t.rejects(rootOf(nodes, count + 1), /has no node/, 'of what is not in it there is no root');
});

const dataOf = (i: number): Buffer => createHash('sha256').update(String(i)).digest();

/** The last tile of each level. */
function edgesOf(stored: ReadonlyMap<string, Tile>): Tile[] {
  const edges: Tile[] = [];
  for (const tile of stored.values()) if ((edges[tile.level]?.index ?? -1) <= tile.index) edges[tile.level] = tile;
  return edges;
}
