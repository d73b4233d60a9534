/** Who sends signed webhooks to a server of a test. */
import { Webhook } from 'standardwebhooks';
import type { TestServer } from '../api/support.js';
import { type ApiKey, bearer } from './keys.js';

export interface Secret {
  readonly id: string;
  readonly secret: string;
}

/** Made by `admin`, or by nobody as long as there is no key of that scope. */
export async function makeSecret(server: TestServer, asked: object, admin?: ApiKey): Promise<Secret> {
  const answer = await server.post('/v1/webhook-secrets', asked, admin === undefined ? {} : bearer(admin));
  if (answer.statusCode !== 201) throw new Error(answer.body);
  return answer.json<Secret>();
}

/** The headers of a message, made by the library of Standard Webhooks; `at` in milliseconds. */
export function signed(secrets: Secret | readonly Secret[], id: string, at: number, body: string) {
  const signatures = [secrets].flat().map(({ secret }) => new Webhook(secret).sign(id, new Date(at), body));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1_000)),
    'webhook-signature': signatures.join(' '),
  };
}
