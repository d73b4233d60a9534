/** Labels beside a panel keep their distance: those too close move apart, as little as they can. */

/** Centres of labels, in the order given, each as near as can be to where it is wanted. */
export function spread(wanted: readonly number[], distancePx: number, from: number, to: number): readonly number[] {
  const order = wanted.map((at, index) => ({ at, index })).sort((a, b) => a.at - b.at || a.index - b.index);
  const blocks: Block[] = [];
  for (const { at } of order) {
    blocks.push({ count: 1, start: clamp(at, from, to) });
    while (joins(blocks, distancePx)) join(blocks, distancePx, from, to);
  }
  const centres = blocks.flatMap(({ count, start }) => Array.from({ length: count }, (_, i) => start + i * distancePx));
  const result: number[] = [];
  for (const [i, { index }] of order.entries()) result[index] = centres[i] as number;
  return result;
}

/** Labels at the least distance from each other. */
interface Block {
  readonly count: number;
  readonly start: number;
}

function joins(blocks: readonly Block[], distancePx: number): boolean {
  const [above, below] = blocks.slice(-2);
  return above !== undefined && below !== undefined && above.start + above.count * distancePx > below.start;
}

/** The new block is centred where its labels were wanted on average. */
function join(blocks: Block[], distancePx: number, from: number, to: number): void {
  const below = blocks.pop() as Block;
  const above = blocks.pop() as Block;
  const count = above.count + below.count;
  const start = (above.start * above.count + (below.start - above.count * distancePx) * below.count) / count;
  blocks.push({ count, start: clamp(start, from, to - (count - 1) * distancePx) });
}

const clamp = (value: number, from: number, to: number): number => Math.max(from, Math.min(to, value));
