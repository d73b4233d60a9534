/** The names of the original's tables: who they are here, and which of them may be one agent. */
import { foldCase, unknownName } from '../events/names.js';
import { identityName } from '../events/scalars.js';

/** As it is recorded; `Unknown` where it is empty, or no name can be written like that. */
export function recordedName(text: string | null): string {
  const name = identityName.safeParse(text ?? '');
  return name.success ? name.data : unknownName;
}

export interface Pair {
  readonly one: string;
  readonly other: string;
  readonly why: string;
}

/** Pairs of names that may mean one agent: for a person to decide. */
export function likelyPairs(names: readonly string[], pairsMax: number): Pair[] {
  const known = names
    .filter((name) => foldCase(name) !== foldCase(unknownName))
    .map((name) => ({ name, words: wordsOf(name) }));
  const pairs: Pair[] = [];
  for (const [i, { name: one, words }] of known.entries()) {
    for (const { name: other, words: otherWords } of known.slice(i + 1)) {
      const why = whyAlike(words, otherWords);
      if (why !== null) pairs.push({ one, other, why });
      if (pairs.length === pairsMax) return pairs;
    }
  }
  return pairs;
}

/** Letters and digits, in words. */
const wordsOf = (name: string): readonly string[] =>
  foldCase(name)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

function whyAlike(one: readonly string[], other: readonly string[]): string | null {
  const [letters, otherLetters] = [one.join(''), other.join('')];
  if (letters === '' || otherLetters === '') return null;
  if (letters === otherLetters) return 'the same letters';
  const longer = one.length >= other.length ? one : other;
  const shorter = longer === one ? other : one;
  const isPart = shorter.every((word) => longer.includes(word) && word.length >= 3 && !/^\d+$/.test(word));
  if (isPart) return `${shorter.join(' ')} is in both`;
  return Math.min(letters.length, otherLetters.length) >= 5 && isOneSignAway(letters, otherLetters)
    ? 'one letter differs'
    : null;
}

/** Whether one becomes the other by a letter that is put in, left out or exchanged. Digits are what tells numbered agents apart. */
function isOneSignAway(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [[...one], [...other]] : [[...other], [...one]];
  if (long.length - short.length > 1) return false;
  const at = short.findIndex((sign, i) => sign !== long[i]);
  const from = at === -1 ? short.length : at;
  const isDigit = (sign: string | undefined) => sign !== undefined && /\p{N}/u.test(sign);
  if (isDigit(long[from]) || isDigit(short[from])) return false;
  const rest = short.slice(short.length === long.length ? from + 1 : from).join('');
  return rest === long.slice(from + 1).join('');
}
