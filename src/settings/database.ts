/** The setting that says where a ledger is: a data directory, or the URL of a PostgreSQL server. */

const scheme = /^postgres(ql)?:\/\//i;
/** In any URL: what follows the user, up to the last `@` before the path. */
const passwords = /\b([a-z][a-z\d+.-]*:\/\/[^\s/?#:@]*):[^\s/?#]*@/gi;
const serverUrls = /\bpostgres(?:ql)?:\/\/\S+/gi;

/** Whether it is the URL of a server: of a database that many processes may write to. */
export function isServer(database: string): boolean {
  return scheme.test(database);
}

const apiKeys = /\brs_([0-9a-z]{8})_[\w-]+/g;

/**
 * A text for people (a database, or a sentence that names one) with nothing left in it that opens a server: of its URL
 * stay the user, the hosts and the name of the database, of any other URL everything but the password, and of an API key its id.
 */
export function redacted(text: string): string {
  return text.replace(serverUrls, shownUrl).replace(passwords, '$1@').replace(apiKeys, 'rs_$1_…');
}

/** Works on URLs that are not well formed, too: a password may hold any of `:/?#@`, so it ends at the last `@`. */
function shownUrl(url: string): string {
  const [start] = scheme.exec(url) as RegExpExecArray;
  const rest = url.slice(start.length);
  const at = rest.lastIndexOf('@');
  const [user] = /^[^:/?#@]*/.exec(at < 0 ? '' : rest) as RegExpExecArray;
  const [location] = /^[^?#]*/.exec(rest.slice(at + 1)) as RegExpExecArray;
  return `${start}${user === '' ? '' : `${user}@`}${location}`;
}

/** Whether it opens a server with a password, in its login or its options. */
export function hasPassword(database: string): boolean {
  if (!isServer(database)) return false;
  const rest = database.replace(scheme, '');
  const at = rest.lastIndexOf('@');
  return rest.slice(0, Math.max(at, 0)).includes(':') || /[?&]password=./i.test(rest);
}
