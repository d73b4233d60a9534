/** API keys on a server: in a schema of their own. */
import { type KeyRecord, type KeyRow, type KeyStore, type KeyTables, keyOfRow, rowOfKey } from '../key-store.js';
import type { KeysSchema } from './keys-schema.js';

export class PostgresKeys implements KeyStore {
  readonly #schema: KeysSchema;

  constructor(schema: KeysSchema) {
    this.#schema = schema;
  }

  version(): Promise<number> {
    return this.#schema.version();
  }

  async read(): Promise<{ readonly version: number; readonly keys: readonly KeyRecord[] }> {
    const { version, rows } = await this.#schema.rows<KeyRow>('keys');
    return { version, keys: rows.map(keyOfRow) };
  }

  add(key: KeyRecord): Promise<void> {
    return this.#schema.add('keys', rowOfKey(key));
  }

  replace(id: string, successor: KeyRecord, overlapUntil: number): Promise<boolean> {
    return this.#schema.replace('keys', id, rowOfKey(successor), overlapUntil);
  }

  revoke(id: string, at: number): Promise<boolean> {
    return this.#schema.change('keys', async (client, name) => {
      const sql = `UPDATE ${name}.keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL`;
      return (await client.query(sql, [at, id])).rowCount === 1;
    });
  }

  async touch(used: ReadonlyMap<string, number>): Promise<void> {
    const sql = `UPDATE % AS kept SET last_used_at = greatest(last_used_at, used.at)
      FROM unnest($1::text[], $2::bigint[]) AS used(id, at) WHERE kept.id = used.id`;
    await this.#schema.note('keys', sql, [[...used.keys()], [...used.values()]]);
  }

  dump(): Promise<KeyTables | null> {
    return this.#schema.dump();
  }

  restore(tables: KeyTables): Promise<void> {
    return this.#schema.restore(tables);
  }
}
