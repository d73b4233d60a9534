/**
 * One key for a window, whatever its source calls it. Keys are open-ended: of a window that nobody here has heard of it is the
 * provider's own name, in the signs that a key may have.
 */

/** A window of which the source does not say which it is. */
export const unknownWindow = 'unknown';

const session = 'session_5hour';
const week = 'week_all';
const extraUsage = 'extra_usage';

const keysOfNames: ReadonlyMap<string, string> = new Map([
  ['five_hour', session],
  ['5h', session],
  ['session', session],
  ['seven_day', week],
  ['7d', week],
  ['weekly_all', week],
  ['overage', extraUsage],
]);

/** Weeks of a model that has a name of its own in another source. */
const scopesOfNames: ReadonlyMap<string, string> = new Map([
  ['all models', 'all'],
  ['oi', 'fable'],
  ['overage_included', 'fable'],
]);

const weekPrefix = /^(seven_day|7d|week)_/;
const keyCharactersMax = 64;
const scopeCharactersMax = 48;

/** Of a name in the provider's data: `five_hour`, `7d_opus`. Null where nothing of it could be a key. */
export function windowKey(name: string): string | null {
  const code = name.slice(0, keyCharactersMax).toLowerCase();
  const known = keysOfNames.get(code);
  if (known !== undefined) return known;
  const prefix = weekPrefix.exec(code)?.[0];
  return prefix === undefined ? fit(name, keyCharactersMax) : weekKey(code.slice(prefix.length));
}

/** Of the week of one model, or of all: `Fable`, `Sonnet only`, `all models`. */
export function weekKey(scope: string): string | null {
  const name = scope.slice(0, scopeCharactersMax).toLowerCase();
  const known = scopesOfNames.get(name) ?? fit(name.replace(/ only$/, ''), scopeCharactersMax);
  return known === null ? null : `week_${known}`;
}

/** Of a limit of Codex: `codex_300m`. Which of its two windows it is says the rest where the length is not known. */
export function codexKey(limitId: string, minutes: number | null, position: 'primary' | 'secondary'): string | null {
  const id = fit(limitId.toLowerCase().replaceAll('-', '_'), 40);
  return id === null ? null : `${id}_${minutes === null ? position : `${minutes}m`}`;
}

/** Of a heading of the client's screen: `Current session`, `Current week (Fable)`. Null where it is none. */
export function keyOfHeading(heading: string): string | null {
  const text = heading.toLowerCase();
  if (text === 'current session') return session;
  if (text === 'current week') return week;
  if (text === 'extra usage' || text === 'usage credits') return extraUsage;
  return text.startsWith(weekHeading) && text.endsWith(')') ? weekKey(heading.slice(weekHeading.length, -1)) : null;
}

export const weekHeading = 'current week (';

/** Of what is between `your` and `limit` in a message of the client: `5-hour`, `weekly`, `Opus`. Null where that is no window. */
export function keyOfLimit(words: string): string | null {
  const text = words.toLowerCase();
  if (text === '' || text === 'usage') return unknownWindow;
  if (text === '5-hour' || text === 'session') return session;
  if (text === 'weekly') return week;
  if (text === 'extra usage') return extraUsage;
  // Models are written with a capital letter; what else may be used up (a context, a budget) is not.
  const model = /^(?:weekly )?([A-Z][A-Za-z]{2,20})(?: weekly)?$/.exec(words)?.[1];
  return model === undefined ? null : weekKey(model);
}

/** How long a window is, in seconds, where its key says so. */
export function secondsOf(key: string): number | undefined {
  if (key === session) return 18_000;
  return key.startsWith('week_') ? 604_800 : undefined;
}

function fit(name: string, charactersMax: number): string | null {
  const key = name
    .slice(0, charactersMax)
    .replace(/[^A-Za-z0-9_.:-]+/g, '_')
    .replace(/^[^A-Za-z0-9]+|_+$/g, '');
  return key === '' ? null : key;
}
