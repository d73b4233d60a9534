/**
 * Text of somebody else, made safe to show: what would move the cursor, change the direction of writing or not be seen at
 * all is written as its code. Joiners stay, as Persian names and emoji are written with them.
 */

const unseen =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00AD\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E0FFF}]/gu;
const unseenInLines = new RegExp(unseen.source.replace('\\p{Cc}', '\\0-\\x09\\x0B-\\x1F\\x7F-\\x9F'), 'gu');

/** One line of it: ESC becomes `\u001b`. */
export function visible(text: string): string {
  return text.replace(unseen, code);
}

/** As `visible`, where its lines may stay. JSON text means the same afterwards: only its strings hold such characters. */
export function visibleLines(text: string): string {
  return text.replace(unseenInLines, code);
}

/** As JSON escapes it, so that it stays the same text there: one code for each half of a pair. */
function code(found: string): string {
  return found
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
