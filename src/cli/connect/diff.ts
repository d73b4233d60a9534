/** What an edit changes, as a unified diff. */
import { createTwoFilesPatch } from 'diff';
import type { Entry } from './editor.js';
import { withoutSecrets } from './hidden.js';
import { shownPath } from './shown-path.js';

/** `entries` are ours, and shown as they are. Empty where nothing is changed. */
export function diffText(path: string, before: string | null, after: string | null, entries: readonly Entry[]): string {
  if (before === after) return '';
  const [from, to] = [before, after].map((text) => (text === null ? '/dev/null' : shownPath(path))) as [string, string];
  const texts = [before, after].map((text) => withoutSecrets(text ?? '', entries)) as [string, string];
  const patch = createTwoFilesPatch(from, to, ...texts, undefined, undefined, { context: 2 });
  const lines = patch.split('\n').filter((line) => !/^(Index: |=+$)/.test(line));
  return lines.join('\n').trimEnd();
}
