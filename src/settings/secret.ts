/** What is no secret, although it stands where one should: a word that was never replaced, a command that nobody ran. */

const bytesMin = 24;
const words = /change.?me|placeholder|example|insert|replace|your[-_ ]|password|secret|todo|xxxx|<[^>]*>/i;
const unrun = /\$[({A-Za-z_]|`/;
/** Those of `words` that no base64 is by chance. */
const webhookWords = /change.?me|placeholder|example|insert|replace|your[-_ ]|password|secret|<[^>]*>/i;
const webhookSecret = /^whsec_(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const webhookBytesMax = 64;
const apiKey = /^rs_[0-9a-z]{8}_[\w-]{43}[0-9A-Za-z]{6}$/;

/** Why it cannot be a secret, as the end of a sentence that begins with its name; null where it may be one. Says nothing of the text. */
export function secretFault(text: string): string | null {
  if (unrun.test(text)) return 'is a command or a variable that nobody has put the secret in the place of';
  if (Buffer.byteLength(text) < bytesMin) return `has less than ${bytesMin} bytes`;
  if (words.test(text) && !apiKey.test(text)) return 'is a placeholder';
  return new Set(text).size < 8 ? 'is the same few characters over and over' : null;
}

/** Whether nobody has put a secret in the place of it, however short secrets may be there. */
export const isPlaceholder = (text: string): boolean => unrun.test(text) || words.test(text);

/** As `secretFault`, for secrets of Standard Webhooks, of which the part after `whsec_` is base64, of a secret or of a placeholder. */
export function webhookSecretFault(text: string): string | null {
  if (unrun.test(text)) return secretFault(text);
  const base64 = text.replace(/^whsec_/, '');
  const bytes = Buffer.from(base64, 'base64');
  const decoded = /^[\x20-\x7e]*$/.test(bytes.toString('latin1')) ? bytes.toString('latin1') : '';
  if (webhookWords.test(base64) || words.test(decoded)) return 'is a placeholder';
  if (!webhookSecret.test(text) || bytes.length > webhookBytesMax)
    return `is no secret of Standard Webhooks: whsec_ and base64 of ${bytesMin} to ${webhookBytesMax} bytes`;
  if (bytes.length < bytesMin) return `has less than ${bytesMin} bytes`;
  return new Set(bytes).size < 8 ? 'is the same few characters over and over' : null;
}

/** As `secretFault`, for API keys. */
export function apiKeyFault(text: string): string | null {
  return secretFault(text) ?? (apiKey.test(text) ? null : 'is no whole API key: rs_ and 58 characters');
}
