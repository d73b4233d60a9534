/** Sessions of browsers on a server: in the schema of the API keys. */
import { type SessionRecord, type SessionRow, type SessionStore, sessionOfRow } from '../session-store.js';
import type { KeysSchema } from './keys-schema.js';

export class PostgresSessions implements SessionStore {
  readonly #schema: KeysSchema;

  constructor(schema: KeysSchema) {
    this.#schema = schema;
  }

  async open({ hash, key, createdAt, expiresAt }: SessionRecord, ofKeyMax: number): Promise<void> {
    await this.#schema.make('sessions');
    await this.#schema.transaction('sessions', async (client, name) => {
      const table = `${name}.sessions`;
      await client.query(`DELETE FROM ${table} WHERE expires_at <= $1`, [createdAt]);
      const oldest = `SELECT hash FROM ${table} WHERE key = $1 ORDER BY created_at DESC, hash OFFSET $2`;
      await client.query(`DELETE FROM ${table} WHERE hash IN (${oldest})`, [key, ofKeyMax - 1]);
      await client.query(`INSERT INTO ${table} VALUES ($1, $2, $3, $4)`, [hash, key, createdAt, expiresAt]);
    });
  }

  async find(hash: Uint8Array): Promise<SessionRecord | null> {
    const sql = 'SELECT * FROM % WHERE hash = $1';
    const [row] = await this.#schema.select<SessionRow>('sessions', sql, [hash]);
    return row === undefined ? null : sessionOfRow(row);
  }

  async end(hash: Uint8Array): Promise<void> {
    await this.#schema.note('sessions', 'DELETE FROM % WHERE hash = $1', [hash]);
  }
}
