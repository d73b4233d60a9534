/** What some texts of settings must be, beside what zod knows. */
import { isIP } from 'node:net';

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export function areNames(names: string): boolean {
  return names.split(',').every((name) => /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(name.trim()));
}

export function areAddresses(text: string): boolean {
  return text.split(',').every((each) => {
    const [address = '', bits] = each.trim().split('/');
    const most = isIP(address) === 4 ? 32 : 128;
    return isIP(address) !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
  });
}

export function isWebUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** Without a user or password, which would be shown with it. */
export const isPlainWebUrl = (value: string): boolean =>
  isWebUrl(value) && new URL(value).username === '' && new URL(value).password === '';

export function isDaemonUrl(value: string): boolean {
  return /^unix:(\/\/)?\/[^/]/.test(value) || isWebUrl(value);
}

/** A socket of this machine, or a server with a port or its usual one. */
export function isSyslogUrl(value: string): boolean {
  if (/^unix:(\/\/)?\/[^/]/.test(value)) return true;
  if (!/^(udp|tcp|tls):\/\//.test(value) || !URL.canParse(value)) return false;
  const { hostname, username, password, pathname, search } = new URL(value);
  return hostname !== '' && username === '' && password === '' && /^\/?$/.test(pathname) && search === '';
}

/** A list has no folder of its own that a path in it could be relative to. */
export const isAbsolute = (path: string): boolean => path.startsWith('/');

/** A public key of age; whether it is whole is known only where it is used. */
export const isAgeKey = (value: string): boolean => /^age1[0-9a-z]{10,4000}$/.test(value);

/** From a time of day to another one. */
export const areHours = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/.test(text);

/** Of a log or a witness; whether its parts fit each other is looked at where it is used. */
export const isVerifierKey = (text: string): boolean => /^[^\s+]+\+[0-9a-f]{8}\+[\w+/]+=*$/.test(text);
