/** Lines between two marks, at the end of a text whose form allows comments with `#`. */
import type { BlockEntry } from './editor.js';

const begin = '# resource-share: begin. Written by `resource-share connect`, and taken out by its --undo.';
const end = '# resource-share: end';

export function withBlock(
  text: string,
  lines: readonly string[],
): { readonly text: string; readonly entry: BlockEntry } {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const block = [begin, ...lines, end].map((line) => line + eol).join('');
  const gap = text === '' ? '' : text.endsWith('\n') ? eol : eol + eol;
  return { text: text + gap + block, entry: { kind: 'block', block, inserted: gap + block } };
}

export const hasBlock = (text: string): boolean => text.includes(begin);

/** Null where the lines are there no more as they were put in. */
export function withoutBlock(text: string, { block, inserted }: BlockEntry): string | null {
  const cut = text.includes(inserted) ? inserted : block;
  const at = text.indexOf(cut);
  return at < 0 ? null : text.slice(0, at) + text.slice(at + cut.length);
}
