/** How many columns of a terminal a text takes. What texts in other scripts need is made when the first one comes: that takes 20 ms. */
import { eastAsianWidth } from 'get-east-asian-width';

/** Dashes and minus signs are in most tables. */
const plain = /^[\x20-\x7E\u2013\u2212]*$/;

/** No literal: the compiler is told of an older standard, which has no such sets. */
const oneEmoji = '^\\p{RGI_Emoji}$';

export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  others ??= {
    segmenter: new Intl.Segmenter(),
    unseen: /^[\p{Cc}\p{Cs}\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]/u,
    emoji: new RegExp(oneEmoji, 'v'),
  };
  const { segmenter, unseen, emoji } = others;
  for (const { segment } of segmenter.segment(text)) {
    if (unseen.test(segment)) continue;
    width += emoji.test(segment) ? 2 : eastAsianWidth(segment.codePointAt(0) as number);
  }
  return width;
}

let others: {
  readonly segmenter: Intl.Segmenter;
  readonly unseen: RegExp;
  readonly emoji: RegExp;
} | null = null;
