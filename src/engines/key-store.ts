/**
 * The contract between whoever checks API keys and where they are kept: beside the ledger, where no query of its tables gets. Each
 * engine implements it, with the same file names. Nothing is made there before the first key is.
 */
import { StorageError } from '../storage-error.js';

/** `admin` may all that the others may. */
export type KeyScope = 'ingest' | 'read' | 'admin';

export interface KeyRecord {
  /** May be logged and shown. */
  readonly id: string;
  /** SHA-256 of the key. */
  readonly hash: Uint8Array;
  readonly scope: KeyScope;
  /** The only pool it is for; null: all. */
  readonly pool: string | null;
  /** The only identity it reports for; null: all. */
  readonly identity: string | null;
  /** What people call it. */
  readonly label: string | null;
  /** Times in milliseconds UTC. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
  /** To the minute. */
  readonly lastUsedAt: number | null;
  /** The key that took its place, and until when this one works beside it. */
  readonly replacedBy: string | null;
  readonly overlapUntil: number | null;
  readonly revokedAt: number | null;
}

export interface KeyStore {
  /** Grows with every change of a key that matters to whoever checks it; 0 where there never was one. */
  version(): Promise<number>;
  /** All keys there ever were, oldest first, with the version they are of. */
  read(): Promise<{ readonly version: number; readonly keys: readonly KeyRecord[] }>;
  add(key: KeyRecord): Promise<void>;
  /** Adds a key in the place of another one, which works until then. False, and nothing is changed, where that one was replaced or revoked. */
  replace(id: string, successor: KeyRecord, overlapUntil: number): Promise<boolean>;
  /** False where it was revoked before, or there is none. */
  revoke(id: string, at: number): Promise<boolean>;
  /** When keys were last used, by their ids. The version stays. */
  touch(used: ReadonlyMap<string, number>): Promise<void>;
  /** Everything that is kept there, whatever it is, for another machine; null where nothing is. */
  dump(): Promise<KeyTables | null>;
  /** Takes in what `dump` gave, from either engine. Throws a `StorageError` where it has keys, or does not know one of the tables. */
  restore(tables: KeyTables): Promise<void>;
}

/** Rows of tables, by the names of the tables and of their columns. */
export type KeyTables = Readonly<Record<string, readonly KeyTableRow[]>>;
export type KeyTableRow = Readonly<Record<string, string | number | null | Uint8Array>>;

/** Names of columns, as they are written into a statement. Throws a `StorageError` where a table or column is not known here. */
export function columnsToRestore(
  table: string,
  row: KeyTableRow,
  known: ReadonlyMap<string, readonly string[]>,
): string[] {
  const columns = Object.keys(row);
  const there = known.get(table);
  if (there !== undefined && columns.every((column) => there.includes(column))) return columns;
  throw new StorageError(
    'newer',
    `the keys are of a newer release of Resource-Share: this one has no table ${table} with the columns ${columns.join(', ')}`,
  );
}

/** A key as both engines store it. */
export interface KeyRow {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly scope: KeyScope;
  readonly pool: string | null;
  readonly identity: string | null;
  readonly label: string | null;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly replaced_by: string | null;
  readonly overlap_until: number | null;
  readonly revoked_at: number | null;
}

export const keyOfRow = (row: KeyRow): KeyRecord => ({
  id: row.id,
  hash: row.hash,
  scope: row.scope,
  pool: row.pool,
  identity: row.identity,
  label: row.label,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  replacedBy: row.replaced_by,
  overlapUntil: row.overlap_until,
  revokedAt: row.revoked_at,
});

/** In the order of the columns. */
export const rowOfKey = (key: KeyRecord) => [
  key.id,
  key.hash,
  key.scope,
  key.pool,
  key.identity,
  key.label,
  key.createdAt,
  key.expiresAt,
  key.lastUsedAt,
  key.replacedBy,
  key.overlapUntil,
  key.revokedAt,
];
