/**
 * The answer that is kept under a key, as text. It ends with a check over all that is kept: the log does not say what was
 * answered in every word, so nothing else would tell an answer that was changed since.
 */

import { sha256 } from '../events/chain.js';
import type { KeyedOutcome } from './engine.js';

const checked = /,"check":"([0-9a-f]{16})"\}$/;

/** Of releases before this one: without a check. */
const members: readonly string[] = ['status', 'advice', 'notes', 'windows'];

export function keptText(key: string, digest: string, seq: number, answer: object): string {
  const text = JSON.stringify(answer);
  return `${text.slice(0, -1)},"check":"${checkOf({ key, digest, seq }, text)}"}`;
}

/** What is wrong with a kept answer by itself; null where nothing is. */
export function keptFault(kept: KeyedOutcome): string | null {
  const check = checked.exec(kept.answer)?.[1];
  if (check !== undefined) {
    const text = kept.answer.replace(checked, '}');
    return checkOf(kept, text) === check ? null : 'is not the answer that was given';
  }
  const isDigest = kept.digest === '' || kept.digest.length === 64;
  return isDigest && isPlain(kept.answer) ? null : 'is no answer';
}

function isPlain(text: string): boolean {
  try {
    const answer = JSON.parse(text);
    return answer.status === 'recorded' && Object.keys(answer).every((name) => members.includes(name));
  } catch {
    return false;
  }
}

const checkOf = ({ key, digest, seq }: Pick<KeyedOutcome, 'key' | 'digest' | 'seq'>, text: string): string =>
  sha256(`${key}\n${digest}\n${seq}\n${text}`).slice(0, 16);
