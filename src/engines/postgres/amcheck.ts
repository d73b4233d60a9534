/** The server looks at its own pages, where the extension for it is there. */
import type { StorageCheck } from '../engine.js';
import type { Client } from './connections.js';

const indexesSql = `SELECT c.oid::bigint AS oid, c.relname AS name FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
  WHERE a.amname = 'btree' AND c.relnamespace = current_schema()::regnamespace AND i.indisvalid ORDER BY c.relname`;

/** Each index by itself, and that all rows of its table are in it. */
export async function checkIndexes(client: Client): Promise<StorageCheck> {
  const there = await client.query(`SELECT 1 FROM pg_extension WHERE extname = 'amcheck'`);
  if (there.rowCount === 0) return { by: null, faults: [] };
  const faults: string[] = [];
  for (const { oid, name } of (await client.query<{ oid: number; name: string }>(indexesSql)).rows) {
    try {
      await client.query('SELECT bt_index_check($1::oid, true)', [oid]);
    } catch (error) {
      if (!/^XX00/.test((error as { code?: string }).code ?? '')) throw error;
      faults.push(`${name}: ${(error as Error).message}`);
    }
  }
  return { by: 'amcheck', faults };
}
