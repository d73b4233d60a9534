/** Secrets of webhooks of a data directory: in the file of the API keys. */
import {
  rowOfSecret,
  type SecretRecord,
  type SecretRow,
  type SecretStore,
  type SecretUse,
  secretOfRow,
} from '../secret-store.js';
import type { KeysAccess } from './keys-access.js';

const none = { version: 0, secrets: [] } as const;

export class SqliteSecrets implements SecretStore {
  readonly #access: KeysAccess;

  constructor(access: KeysAccess) {
    this.#access = access;
  }

  async version(): Promise<number> {
    return this.#access.isThere ? this.#access.use((file) => file.version()) : none.version;
  }

  async read(): Promise<{ readonly version: number; readonly secrets: readonly SecretRecord[] }> {
    if (!this.#access.isThere) return none;
    const { version, rows } = await this.#access.use((file) => file.rows<SecretRow>('webhook_secrets'));
    return { version, secrets: rows.map(secretOfRow) };
  }

  add(secret: SecretRecord): Promise<void> {
    return this.#access.use((file) => file.add('webhook_secrets', rowOfSecret(secret)));
  }

  replace(id: string, successor: SecretRecord, overlapUntil: number): Promise<boolean> {
    return this.#access.use((file) => file.replace('webhook_secrets', id, rowOfSecret(successor), overlapUntil));
  }

  async revoke(id: string, at: number): Promise<boolean> {
    const sql = "UPDATE webhook_secrets SET revoked_at = ?, secret = x'' WHERE id = ? AND revoked_at IS NULL";
    return this.#access.isThere && this.#access.use((file) => file.change(() => file.run(sql, [at, id]) === 1));
  }

  async count(used: ReadonlyMap<string, SecretUse>): Promise<void> {
    if (!this.#access.isThere) return;
    const sql = 'UPDATE webhook_secrets SET uses = uses + ?, last_used_at = ? WHERE id = ?';
    const rows = [...used].map(([id, { times, at }]) => [times, at, id]);
    await this.#access.use((file) => file.note(sql, rows));
  }
}
