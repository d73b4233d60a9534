/** Keys of every kind for a server of a test, made through its own API. */
import type { FastifyInstance } from 'fastify';

export interface ApiKey {
  readonly id: string;
  readonly key: string;
}

/** Made by `admin`, or by nobody as long as there is no key of that scope. */
export async function makeKey(app: FastifyInstance, asked: object, admin?: ApiKey): Promise<ApiKey> {
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/keys',
    payload: asked,
    headers: { host: 'localhost', ...(admin === undefined ? {} : bearer(admin)) },
  });
  if (answer.statusCode !== 201) throw new Error(answer.body);
  return answer.json<ApiKey>();
}

export async function revokeKey(app: FastifyInstance, { id }: ApiKey, admin: ApiKey): Promise<void> {
  const url = `/v1/keys/${id}/revoke`;
  const answer = await app.inject({
    method: 'POST',
    url,
    payload: {},
    headers: { host: 'localhost', ...bearer(admin) },
  });
  if (answer.statusCode !== 200) throw new Error(answer.body);
}

export const bearer = ({ key }: ApiKey) => ({ authorization: `Bearer ${key}` });
