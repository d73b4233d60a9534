/**
 * Signatures of Standard Webhooks (https://www.standardwebhooks.com), made and checked: HMAC-SHA256 over the id of a message, the second
 * in which it was sent, and the bytes of its body, joined by full stops.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { isSameSecret } from './same-secret.js';

export interface WebhookMessage {
  /** `webhook-id`: the same whenever the message is sent again. */
  readonly id: string;
  /** `webhook-timestamp`: when this attempt was made, in whole seconds UTC. */
  readonly timestamp: number;
  readonly body: string | Uint8Array;
}

const secretBytes = 32;
const secretBytesMin = 24;
const secretBytesMax = 64;
const secretForm = /^whsec_((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;
const signatureForm = /^v1,([A-Za-z0-9+/]{43}=)$/;
/** Signatures in one header; there is one for each secret that is valid at the sender. */
const signaturesMax = 10;

/** The bytes of a new secret. */
export const makeWebhookSecret = (): Buffer => randomBytes(secretBytes);

/** A secret as people keep it. */
export const webhookSecretText = (secret: Uint8Array): string => `whsec_${Buffer.from(secret).toString('base64')}`;

/** The bytes of a secret; null where the text has another form, or is too short or too long. */
export function webhookSecretOf(text: string): Buffer | null {
  const base64 = secretForm.exec(text)?.[1];
  if (base64 === undefined) return null;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length >= secretBytesMin && bytes.length <= secretBytesMax ? bytes : null;
}

/** The value of `webhook-signature`: one signature for each secret that the receiver may know. */
export const webhookSignature = (message: WebhookMessage, secrets: readonly Uint8Array[]): string =>
  secrets.map((secret) => `v1,${macOf(message, secret).toString('base64')}`).join(' ');

/** Whether one of the signatures in the header was made with the secret. Takes the same time wherever they differ. */
export function isWebhookSignature(header: string, message: WebhookMessage, secret: Uint8Array): boolean {
  const expected = macOf(message, secret);
  return header
    .split(' ', signaturesMax)
    .map((each) => signatureForm.exec(each)?.[1])
    .some((base64) => base64 !== undefined && isSameSecret(Buffer.from(base64, 'base64'), expected));
}

/**
 * Whether a text can be the id of a message. Full stops divide what is signed: an id that has digits alone between them could be read
 * as another id and another time of the same signature.
 */
export const isWebhookId = (text: string): boolean => /^[\x21-\x7e]{1,255}$/.test(text) && !/\.\d+(?:\.|$)/.test(text);

/** The second that `webhook-timestamp` names; null where it names none. */
export const webhookTimestamp = (text: string): number | null => (/^[1-9]\d{0,11}$/.test(text) ? Number(text) : null);

function macOf({ id, timestamp, body }: WebhookMessage, secret: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest();
}
