/** Lines of the client that say how much of a window is used, on its screen and in its text. */
import { pastTime, zoneNamed } from './reset-time.js';
import type { Skipped } from './skipped.js';
import type { QuotaSeen, ReadContext } from './source.js';
import { keyOfHeading } from './window-key.js';
import { WindowsSeen, zoneOf } from './windows-seen.js';

/** A window, and what its lines say of it. */
export interface UsageRow {
  readonly heading: string;
  readonly percent: number | null;
  readonly reset: string | null;
}

/** What parts of lines say: `17% used`, `Resets 3am (UTC)`; the percentage of the first, the reset of the first. */
export function figuresOf(parts: readonly string[]): Omit<UsageRow, 'heading'> {
  let percent: number | null = null;
  let reset: string | null = null;
  for (const part of parts) {
    percent ??= usedPercent(part);
    reset ??= resetWords(part);
  }
  return { percent, reset };
}

/** Of a line, what the client separates by dots. */
export const partsOf = (line: string): string[] => line.split(/[·∙•]/).map((part) => part.trim());

/** Of whoever knows the glyphs that a bar leaves in the words beside it: how many signs are the same, where none is another. */
export function sameSigns(seen: string, word: string): number | null {
  if (seen.length !== word.length) return null;
  let same = 0;
  for (let i = 0; i < word.length; i += 1) {
    if (seen[i] === word[i]) same += 1;
    else if (!isGlyph(seen[i])) return null;
  }
  return same;
}

/** Whether a text is a word, some of whose signs a bar may have overwritten, but most of which are there. */
export function isWord(seen: string, word: string): boolean {
  const same = sameSigns(seen.toLowerCase(), word);
  return same !== null && same * 3 >= word.length * 2;
}

export const isGlyph = (sign: string | undefined): boolean => sign !== undefined && '█▌▐▀▄'.includes(sign);

/** One reading of all rows, as old as the lines themselves say; none where there is no window in them. */
export function quotasOf(
  source: string,
  rows: readonly UsageRow[],
  lines: readonly string[],
  context: ReadContext,
  skipped: Skipped,
): QuotaSeen[] {
  const measuredAt = lastKnownAt(rows, lines, context);
  const windows = new WindowsSeen({ at: measuredAt ?? context.at, timeZone: context.timeZone }, skipped);
  for (const { heading, percent, reset } of rows) {
    const [, scope] = /\((.+)\)$/.exec(heading) ?? [];
    windows.add({
      key: keyOfHeading(heading),
      label: heading,
      scope: scope === undefined || scope.toLowerCase() === 'all models' ? undefined : scope.replace(/ only$/i, ''),
      percent,
      resetText: reset ?? undefined,
    });
  }
  return windows.readings(source, { measuredAt, otherwise: 'no-windows' });
}

/** `Showing last-known usage · as of 9:40am`, in the zone of the resets beside it. */
function lastKnownAt(rows: readonly UsageRow[], lines: readonly string[], context: ReadContext): number | null {
  const line = lines.find((one) => one.toLowerCase().includes('last-known'));
  const asOf = line === undefined ? undefined : partsOf(line).find((part) => part.toLowerCase().startsWith('as of '));
  if (asOf === undefined) return null;
  const zones = rows.flatMap(({ reset }) => (reset === null ? [] : (zoneNamed(reset) ?? [])));
  return pastTime(asOf.slice('as of '.length), context.at, zones[0] ?? zoneOf(context));
}

/** How much is used, or what is left of it. */
function usedPercent(part: string): number | null {
  const [, digits, word] = /(?:^|\s)(\d{1,12}(?:\.\d{1,6})?)% (\S+)$/.exec(part) ?? [];
  if (digits === undefined || word === undefined) return null;
  if (isWord(word, 'used')) return Number(digits);
  return isWord(word, 'left') || isWord(word, 'remaining') ? 100 - Number(digits) : null;
}

const resetWords = (part: string): string | null =>
  isWord(part.slice(0, 6), 'resets') && part[6] === ' ' ? part.slice(7).trim() : null;
