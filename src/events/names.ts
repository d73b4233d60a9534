/**
 * Names as people see them: which spellings are one name, and which names cannot be told from another by looking.
 *
 * Decision: the key of an identity stays what `foldName` makes of its name, and a name that no key answers to is looked for
 * by its full case folding. So `STRASSE` finds `straße`, and a log from the time before full folding, which may hold both as
 * two identities, replays to the same rows: each of them answers to its own key first. No event and no key had to change for it.
 */
import { foldName } from './scalars.js';

/** Who used it where a report does not say. It has no share until a person confirms it. */
export const unknownName = 'Unknown';

/**
 * Full case folding of Unicode: `straße` is `STRASSE`, `σας` is `ΣΑΣ`, in every locale. Capitals first take the form that
 * has one, so that their small letters come out of it; of the Turkish letters, `İ` is `i` with its dot written out, and the
 * dotless `ı` stays itself, as the standard has it.
 */
export function foldCase(name: string): string {
  const folded = foldName(name);
  if (ascii.test(folded)) return folded;
  const parts = folded.split('ı').map((part) => part.toUpperCase().toLowerCase());
  return parts.join('ı').replaceAll('ς', 'σ').normalize('NFC');
}

const ascii = /^[ -~]*$/;

/** Whether a name says too little of who is meant: it looks like another name or like nothing, or is none. */
export const isDoubtful = (name: string): boolean => hasHiddenSigns(name) || foldName(name) === foldName(unknownName);

/** Whether a name holds signs that show nothing, where writing does not need them. */
export const hasHiddenSigns = (name: string): boolean => hidden.test(name.replace(needed, ''));

/** What nobody sees: the ignorable signs of Unicode, spaces and line ends that look like another, and a blank of Braille. */
const hidden = /[\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]|(?![ \u3000])\p{Zs}/u;

const emoji = String.raw`(?![0-9#*])\p{Emoji}\p{Emoji_Modifier}?[\uFE0E\uFE0F]?`;
/** Scripts whose letters join, or stack, by themselves; a joiner or non-joiner between two of them is ordinary writing. */
const joining = ['Arabic', 'Syriac', 'Nko', 'Mongolian', 'Mandaic', 'Manichaean', 'Adlam', 'Hanifi_Rohingya'];
const letter = `[${joining.map((script) => String.raw`\p{Script=${script}}`).join('')}]`;
/** The signs of Indic scripts that take the vowel of a letter away; a joiner after them says how the next one is written. */
const vowelKillers = String.raw`[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D3B\u0D3C\u0D4D\u0DCA\u1039\u17D2]`;

/** Invisible signs where writing needs them: inside emoji, and joiners in scripts that have them. */
const needed = new RegExp(
  [
    String.raw`[0-9#*]\uFE0F\u20E3`,
    String.raw`\u{1F3F4}[\u{E0020}-\u{E007E}]+\u{E007F}`,
    String.raw`${emoji}(?:\u200D${emoji})*`,
    String.raw`(?<=${letter}\p{M}*)[\u200C\u200D](?=${letter})`,
    String.raw`(?<=${vowelKillers})[\u200C\u200D]`,
  ].join('|'),
  'gu',
);
