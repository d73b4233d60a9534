/** Sessions of a data directory: in the file of the API keys. */
import { type SessionRecord, type SessionRow, type SessionStore, sessionOfRow } from '../session-store.js';
import type { KeysAccess } from './keys-access.js';

const forgetOver = 'DELETE FROM sessions WHERE expires_at <= ?';
const forgetOldest = `DELETE FROM sessions WHERE hash IN
  (SELECT hash FROM sessions WHERE key = ? ORDER BY created_at DESC, hash LIMIT -1 OFFSET ?)`;

export class SqliteSessions implements SessionStore {
  readonly #access: KeysAccess;

  constructor(access: KeysAccess) {
    this.#access = access;
  }

  async open({ hash, key, createdAt, expiresAt }: SessionRecord, ofKeyMax: number): Promise<void> {
    await this.#access.use((file) =>
      file.transaction(() => {
        file.run(forgetOver, [createdAt]);
        file.run(forgetOldest, [key, ofKeyMax - 1]);
        file.run('INSERT INTO sessions VALUES (?, ?, ?, ?)', [hash, key, createdAt, expiresAt]);
      }),
    );
  }

  async find(hash: Uint8Array): Promise<SessionRecord | null> {
    if (!this.#access.isThere) return null;
    const sql = 'SELECT * FROM sessions WHERE hash = ?';
    const row = await this.#access.use((file) => file.row<SessionRow>(sql, [hash]));
    return row === undefined ? null : sessionOfRow(row);
  }

  async end(hash: Uint8Array): Promise<void> {
    if (!this.#access.isThere) return;
    await this.#access.use((file) => file.transaction(() => file.run('DELETE FROM sessions WHERE hash = ?', [hash])));
  }
}
