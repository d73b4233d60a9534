/** What the client says when a limit is reached, or near: as Claude Code 2.1 writes it, and earlier versions did. */
import { partsOf } from './usage-lines.js';
import { keyOfLimit, unknownWindow } from './window-key.js';
import type { WindowClaim, WindowsSeen } from './windows-seen.js';

/** Adds the windows that messages name, one a line. */
export function addLimits(text: string, windows: WindowsSeen): void {
  for (const line of text.split('\n')) {
    const claim = limitOf(line);
    if (claim !== null) windows.add(claim);
  }
}

const hitPattern = /^you've (?:hit|reached) your (?:(.{1,30}) )?limit\.?$/i;
const usedPattern = /^you've used (\d{1,12}(?:\.\d{1,6})?)% of your (?:(.{1,30}) )?limit\.?$/i;
/** Before 2.1. */
const reachedPattern = /^(.{1,30}) limit reached\.?$/i;
/** Before 2.0, with the reset as unix seconds, of a window that it does not name; and with a time of day, of the session. */
const oldPattern = /^claude (?:ai )?usage limit reached(?:\|(\d{9,13})|\. your limit will reset at (.{1,80}))$/i;
const lineCharactersMax = 300;

function limitOf(line: string): WindowClaim | null {
  if (line.length > lineCharactersMax) return null;
  const text = line.trim().replace(/^⎿ */, '').replaceAll('’', "'");
  const old = oldPattern.exec(text);
  if (old !== null) {
    const [, resetValue, resetText] = old;
    const key = resetText === undefined ? unknownWindow : keyOfLimit('session');
    return { key, percent: 100, exhausted: true, resetValue, resetText };
  }
  const [message = '', ...others] = partsOf(text);
  const [, percent, ofUsed = ''] = usedPattern.exec(message) ?? [];
  const words = percent === undefined ? fullLimit(message) : ofUsed;
  const key = words === null ? null : keyOfLimit(words);
  if (key === null) return null;
  const resetText = others.find((part) => /^resets /i.test(part))?.slice('resets '.length);
  return percent === undefined
    ? { key, percent: 100, exhausted: true, resetText }
    : { key, percent: Number(percent), resetText };
}

/** Which limit a message says is used up. At the beginning of a sentence a capital letter makes no model of a word. */
function fullLimit(message: string): string | null {
  const hit = hitPattern.exec(message);
  if (hit !== null) return hit[1] ?? '';
  const [, words] = reachedPattern.exec(message) ?? [];
  if (words === undefined) return null;
  return / weekly$/i.test(words) ? words : words.toLowerCase();
}
