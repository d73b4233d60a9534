/**
 * One key for a window, whatever its source calls it. Keys are open-ended: of a window that nobody here has heard of it is the
 * provider's own name, in the signs that a key may have.
 */

/** A window of which the source does not say which it is. */
export const unknownWindow = 'unknown';

const keysOfNames: ReadonlyMap<string, string> = new Map([
  ['five_hour', 'session_5hour'],
  ['seven_day', 'week_all'],
  ['overage', 'extra_usage'],
  ['seven_day_overage_included', 'week_fable'],
]);

const weekPrefix = /^seven_day_/;
const keyCharactersMax = 64;

/** Of a name in the provider's data: `five_hour`, `seven_day_opus`. Null where nothing of it could be a key. */
export function windowKey(name: string): string | null {
  const code = name.slice(0, keyCharactersMax).toLowerCase();
  const key = keysOfNames.get(code) ?? code.replace(weekPrefix, 'week_').replace(/[^a-z0-9_.:-]+/g, '_');
  return /^[a-z0-9]/.test(key) ? key : null;
}
