/**
 * The contract between whoever checks the signatures of webhooks and where their secrets are kept: with the API keys, beside the ledger,
 * where no query of its tables gets. A signature is checked with the secret itself, so that is kept, and not a hash of it.
 */

export interface SecretRecord {
  /** May be logged and shown. */
  readonly id: string;
  /** What it signs: a format of `src/sources`, or `events`. */
  readonly source: string;
  readonly secret: Uint8Array;
  /** Where what it signs goes to, and whose use that is; null: what the data says. */
  readonly pool: string;
  readonly identity: string | null;
  /** What people call it. */
  readonly label: string | null;
  /** Times in milliseconds UTC. */
  readonly createdAt: number;
  /** To the minute. */
  readonly lastUsedAt: number | null;
  /** Messages that it has signed. */
  readonly uses: number;
  /** The secret that took its place, and until when this one works beside it. */
  readonly replacedBy: string | null;
  readonly overlapUntil: number | null;
  readonly revokedAt: number | null;
}

/** How often a secret was used since that was last written, and when last. */
export interface SecretUse {
  readonly times: number;
  readonly at: number;
}

export interface SecretStore {
  /** As that of the API keys, with which it grows. */
  version(): Promise<number>;
  /** All secrets there ever were, oldest first, with the version they are of. */
  read(): Promise<{ readonly version: number; readonly secrets: readonly SecretRecord[] }>;
  add(secret: SecretRecord): Promise<void>;
  /** Adds a secret in the place of another one, which works until then. False, and nothing is changed, where that one was replaced or revoked. */
  replace(id: string, successor: SecretRecord, overlapUntil: number): Promise<boolean>;
  /** False where it was revoked before, or there is none. The secret itself is forgotten. */
  revoke(id: string, at: number): Promise<boolean>;
  /** Uses by the ids of the secrets. The version stays. */
  count(used: ReadonlyMap<string, SecretUse>): Promise<void>;
}

/** A secret as both engines store it. */
export interface SecretRow {
  readonly id: string;
  readonly source: string;
  readonly secret: Uint8Array;
  readonly pool: string;
  readonly identity: string | null;
  readonly label: string | null;
  readonly created_at: number;
  readonly last_used_at: number | null;
  readonly uses: number;
  readonly replaced_by: string | null;
  readonly overlap_until: number | null;
  readonly revoked_at: number | null;
}

export const secretOfRow = (row: SecretRow): SecretRecord => ({
  id: row.id,
  source: row.source,
  secret: row.secret,
  pool: row.pool,
  identity: row.identity,
  label: row.label,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  uses: row.uses,
  replacedBy: row.replaced_by,
  overlapUntil: row.overlap_until,
  revokedAt: row.revoked_at,
});

/** In the order of the columns. */
export const rowOfSecret = (secret: SecretRecord) => [
  secret.id,
  secret.source,
  secret.secret,
  secret.pool,
  secret.identity,
  secret.label,
  secret.createdAt,
  secret.lastUsedAt,
  secret.uses,
  secret.replacedBy,
  secret.overlapUntil,
  secret.revokedAt,
];
