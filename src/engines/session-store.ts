/**
 * The contract between whoever knows the browsers that signed in with an API key and where that is kept: with the keys, so that every
 * node of a server knows a session, and a restart ends none. Each is looked up when a request names it: one that was ended is gone at once.
 */

export interface SessionRecord {
  /** SHA-256 of its id. */
  readonly hash: Uint8Array;
  /** Id of the key that it stands for. */
  readonly key: string;
  /** Times in milliseconds UTC. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface SessionStore {
  /** Those that are over by then are forgotten with it, and the oldest of the key, where it has as many as it may. */
  open(session: SessionRecord, ofKeyMax: number): Promise<void>;
  find(hash: Uint8Array): Promise<SessionRecord | null>;
  end(hash: Uint8Array): Promise<void>;
}

/** A session as both engines store it. */
export interface SessionRow {
  readonly hash: Uint8Array;
  readonly key: string;
  readonly created_at: number;
  readonly expires_at: number;
}

export const sessionOfRow = ({ hash, key, created_at, expires_at }: SessionRow): SessionRecord => ({
  hash,
  key,
  createdAt: created_at,
  expiresAt: expires_at,
});
