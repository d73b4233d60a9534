/** What of a statement is known before a database looks at it: the word it begins with, and where in it something is. */
import { Problem } from '../problems.js';

/**
 * The first word, in capitals; empty where there is none. White space, comments and brackets before it are passed over. With
 * `nested`, a comment may hold others, as PostgreSQL has it.
 */
export function firstWordOf(sql: string, nested: boolean): string {
  let at = 0;
  for (;;) {
    const start = at;
    while (/[\s(\uFEFF]/.test(sql.charAt(at))) at++;
    if (sql.startsWith('--', at)) {
      const end = sql.indexOf('\n', at);
      at = end < 0 ? sql.length : end + 1;
    } else if (sql.startsWith('/*', at)) at = endOfComment(sql, at, nested);
    if (at === start) return /^[a-z_]+/i.exec(sql.slice(at, at + 64))?.[0].toUpperCase() ?? '';
  }
}

function endOfComment(sql: string, start: number, nested: boolean): number {
  let depth = 1;
  let at = start + 2;
  while (depth > 0 && at < sql.length) {
    if (sql.startsWith('*/', at)) {
      depth -= 1;
      at += 2;
    } else if (nested && sql.startsWith('/*', at)) {
      depth += 1;
      at += 2;
    } else at += 1;
  }
  return at;
}

/** Throws `query_refused`. */
export function requireFirstWord(word: string, allowed: readonly string[]): void {
  if (allowed.includes(word)) return;
  const begins = word === '' ? 'there is no statement' : `a statement that begins with ${word} is not one of them`;
  throw new Problem(
    'query_refused',
    `statements that begin with ${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1)} can be asked, and ${begins}`,
  );
}

/** A problem of a statement, that names the line and column where its text is at fault. `at` counts characters from 0. */
export function faultAt(sql: string, at: number | null, message: string): Problem {
  if (at === null) return new Problem('query_invalid', message);
  const before = sql.slice(0, at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1) as string).length + 1}`;
  return new Problem('query_invalid', `${message} (${place})`, [{ field: 'sql', message: `${message}, at ${place}` }]);
}

/** The only place of a word in a text; null where there is none, or more. */
export function onlyPlaceOf(sql: string, word: string): number | null {
  const at = sql.indexOf(word);
  return at < 0 || word === '' || sql.indexOf(word, at + 1) >= 0 ? null : at;
}
