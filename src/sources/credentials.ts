/**
 * Credentials of providers have no business in what is pushed here: a body that holds one is refused whole, and nothing of it is kept.
 * Of hooks, and of files that clients write, few texts are kept, and each of those is looked at by itself.
 */
import { shortTextOf } from './json.js';
import type { Skipped } from './skipped.js';

/** A JSON Web Token: three parts of base64url, joined by dots, of which the first says what it is. Base64 that merely begins with `eyJ` is none. */
const webToken = String.raw`ey[\w-]{6,}\.[\w-]{8,}\.[\w-]+`;
/** What stands after `Bearer` needs not say what it is. */
const threeParts = String.raw`[\w-]{8,}\.[\w-]{8,}\.[\w-]+`;

const patterns: readonly { readonly what: string; readonly pattern: RegExp; readonly isWord?: true }[] = [
  { what: 'an access or refresh token', pattern: /\b(access|refresh)_?token\b/i, isWord: true },
  { what: 'an API key of Anthropic', pattern: /sk-ant-/ },
  { what: 'an API key of OpenAI', pattern: /\bsk-((proj|svcacct|admin)-[\w-]{20}|[A-Za-z0-9]{48})/ },
  { what: 'an API key of Google', pattern: /\bAIza[\w-]{35}/ },
  { what: 'an access key of AWS', pattern: /\b(AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { what: 'a bearer token', pattern: new RegExp(String.raw`\bBearer\s+${threeParts}`, 'i') },
];

/** A field whose text is a web token. The name is looked at by itself, so that a long text costs no more than its length. */
const webTokenField = new RegExp(String.raw`"([^"]*)"\s*:\s*\\*"(?:Bearer\s+)?${webToken}`, 'gi');

/** Any of them, whatever its field is called: most texts hold none, and to look for it takes a fifth of the time. */
const anyWebToken = new RegExp(String.raw`"(?:Bearer\s+)?${webToken}`, 'i');

/** Which kind of credential a text holds, in words; null where none. */
export function credentialIn(text: string): string | null {
  const known = patterns.find(({ pattern }) => pattern.test(text))?.what;
  if (known !== undefined) return known;
  if (!anyWebToken.test(text)) return null;
  for (const [, name = ''] of text.matchAll(webTokenField)) if (/token/i.test(name)) return 'a token';
  return null;
}

/** A web token wherever it stands: what it is called is not in a text by itself. Its header is an object of JSON, so it begins with `eyJ`. */
const loneWebToken = /\beyJ[\w-]{5,}\.[\w-]{8,}\.[\w-]+/;

/** Whether a text by itself, as the name of a folder, is or holds a credential. A word for one, as `access_token`, is none. */
export const isCredential = (text: string): boolean =>
  loneWebToken.test(text) || patterns.some(({ pattern, isWord }) => isWord !== true && pattern.test(text));

/** A short text that is kept; null where it is none, and where it holds a credential, which is counted. */
export function keptText(value: unknown, skipped: Pick<Skipped, 'add'>, charactersMax?: number): string | null {
  const text = shortTextOf(value, charactersMax);
  if (text === null || !isCredential(text)) return text;
  skipped.add('credential');
  return null;
}

/** Why a body was refused, for `ReadResult.refused`; null where nothing speaks against it. */
export function refusalOf(text: string): string | null {
  const what = credentialIn(text);
  return what === null ? null : `it holds ${what}`;
}
