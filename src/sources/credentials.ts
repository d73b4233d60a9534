/** Credentials of providers have no business in what is pushed here: a body that holds one is refused whole, and nothing of it is kept. */

/** A JSON Web Token: three parts of base64url, joined by dots, of which the first says what it is. Base64 that merely begins with `eyJ` is none. */
const webToken = String.raw`ey[\w-]{6,}\.[\w-]{8,}\.[\w-]+`;
/** What stands after `Bearer` needs not say what it is. */
const threeParts = String.raw`[\w-]{8,}\.[\w-]{8,}\.[\w-]+`;

const patterns: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'an access or refresh token', pattern: /\b(access|refresh)_?token\b/i },
  { what: 'an API key of Anthropic', pattern: /sk-ant-/ },
  { what: 'an API key of OpenAI', pattern: /\bsk-((proj|svcacct|admin)-[\w-]{20}|[A-Za-z0-9]{48})/ },
  { what: 'an API key of Google', pattern: /\bAIza[\w-]{35}/ },
  { what: 'an access key of AWS', pattern: /\b(AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { what: 'a bearer token', pattern: new RegExp(String.raw`\bBearer\s+${threeParts}`, 'i') },
];

/** A field whose text is a web token. The name is looked at by itself, so that a long text costs no more than its length. */
const webTokenField = new RegExp(String.raw`"([^"]*)"\s*:\s*\\*"(?:Bearer\s+)?${webToken}`, 'gi');

/** Which kind of credential a text holds, in words; null where none. */
export function credentialIn(text: string): string | null {
  const known = patterns.find(({ pattern }) => pattern.test(text))?.what;
  if (known !== undefined) return known;
  for (const [, name = ''] of text.matchAll(webTokenField)) if (/token/i.test(name)) return 'a token';
  return null;
}

/** Why a body was refused, for `ReadResult.refused`; null where nothing speaks against it. */
export function refusalOf(text: string): string | null {
  const what = credentialIn(text);
  return what === null ? null : `it holds ${what}`;
}
