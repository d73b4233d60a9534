/** API keys of a data directory: in a file of their own. */
import { type KeyRecord, type KeyRow, type KeyStore, type KeyTables, keyOfRow, rowOfKey } from '../key-store.js';
import type { KeysAccess } from './keys-access.js';

const none = { version: 0, keys: [] } as const;

export class SqliteKeys implements KeyStore {
  readonly #access: KeysAccess;

  constructor(access: KeysAccess) {
    this.#access = access;
  }

  async version(): Promise<number> {
    return this.#access.isThere ? this.#access.use((file) => file.version()) : none.version;
  }

  async read(): Promise<{ readonly version: number; readonly keys: readonly KeyRecord[] }> {
    if (!this.#access.isThere) return none;
    const { version, rows } = await this.#access.use((file) => file.rows<KeyRow>('keys'));
    return { version, keys: rows.map(keyOfRow) };
  }

  add(key: KeyRecord): Promise<void> {
    return this.#access.use((file) => file.add('keys', rowOfKey(key)));
  }

  replace(id: string, successor: KeyRecord, overlapUntil: number): Promise<boolean> {
    return this.#access.use((file) => file.replace('keys', id, rowOfKey(successor), overlapUntil));
  }

  async revoke(id: string, at: number): Promise<boolean> {
    const sql = 'UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL';
    return this.#access.isThere && this.#access.use((file) => file.change(() => file.run(sql, [at, id]) === 1));
  }

  async touch(used: ReadonlyMap<string, number>): Promise<void> {
    if (!this.#access.isThere) return;
    const rows = [...used].map(([id, at]) => [at, id]);
    await this.#access.use((file) => file.note('UPDATE keys SET last_used_at = ? WHERE id = ?', rows));
  }

  async dump(): Promise<KeyTables | null> {
    return this.#access.isThere ? this.#access.use((file) => file.dump()) : null;
  }

  restore(tables: KeyTables): Promise<void> {
    return this.#access.use((file) => file.restore(tables));
  }
}
