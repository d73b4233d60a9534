/**
 * A number that a name always has, for waits that are to differ between agents without chance. "The interval" in
 * docs/concepts/fair-share.md.
 */

/** 32 bits of FNV-1a, mixed once more so that similar names lie apart. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** 0 to 1, always the same for the same text. */
export const fractionOf = (text: string): number => (hash32(text) % 1_000) / 1_000;
