/**
 * A number that a text always has: for waits that are to differ between agents without chance, and as the seed of made
 * weeks. "The interval" in docs/concepts/fair-share.md.
 */

/** FNV-1a over the text's UTF-16 units. */
export function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return hash;
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the output, so that similar names lie apart. */
export function mixed(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** 0 to 1, always the same for the same text. */
export const fractionOf = (text: string): number => (mixed(hashOf(text)) % 1_000) / 1_000;
