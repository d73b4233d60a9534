/** Secrets of webhooks on a server: in the schema of the API keys. */
import {
  rowOfSecret,
  type SecretRecord,
  type SecretRow,
  type SecretStore,
  type SecretUse,
  secretOfRow,
} from '../secret-store.js';
import type { KeysSchema } from './keys-schema.js';

export class PostgresSecrets implements SecretStore {
  readonly #schema: KeysSchema;

  constructor(schema: KeysSchema) {
    this.#schema = schema;
  }

  version(): Promise<number> {
    return this.#schema.version();
  }

  async read(): Promise<{ readonly version: number; readonly secrets: readonly SecretRecord[] }> {
    const { version, rows } = await this.#schema.rows<SecretRow>('webhook_secrets');
    return { version, secrets: rows.map(secretOfRow) };
  }

  add(secret: SecretRecord): Promise<void> {
    return this.#schema.add('webhook_secrets', rowOfSecret(secret));
  }

  replace(id: string, successor: SecretRecord, overlapUntil: number): Promise<boolean> {
    return this.#schema.replace('webhook_secrets', id, rowOfSecret(successor), overlapUntil);
  }

  revoke(id: string, at: number): Promise<boolean> {
    return this.#schema.change('webhook_secrets', async (client, name) => {
      const sql = `UPDATE ${name}.webhook_secrets SET revoked_at = $1, secret = '' WHERE id = $2 AND revoked_at IS NULL`;
      return (await client.query(sql, [at, id])).rowCount === 1;
    });
  }

  async count(used: ReadonlyMap<string, SecretUse>): Promise<void> {
    const sql = `UPDATE % AS kept SET uses = uses + used.times, last_used_at = greatest(last_used_at, used.at)
      FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS used(id, times, at) WHERE kept.id = used.id`;
    const uses = [...used.values()];
    await this.#schema.note('webhook_secrets', sql, [
      [...used.keys()],
      uses.map(({ times }) => times),
      uses.map(({ at }) => at),
    ]);
  }
}
