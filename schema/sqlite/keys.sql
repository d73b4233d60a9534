-- API keys, and secrets of webhooks: a file of its own, keys.db, beside the ledger. Made with the first one.
CREATE TABLE IF NOT EXISTS keys (
  id TEXT PRIMARY KEY,
  hash BLOB NOT NULL,
  scope TEXT NOT NULL,
  pool TEXT,
  identity TEXT,
  label TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_used_at BIGINT,
  replaced_by TEXT,
  overlap_until BIGINT,
  revoked_at BIGINT
) WITHOUT ROWID;
-- The secret itself, with which signatures are checked; of a revoked one nothing is left.
CREATE TABLE IF NOT EXISTS webhook_secrets (
  id TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  secret BLOB NOT NULL,
  pool TEXT NOT NULL,
  identity TEXT,
  label TEXT,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  uses BIGINT NOT NULL,
  replaced_by TEXT,
  overlap_until BIGINT,
  revoked_at BIGINT
) WITHOUT ROWID;
-- Browsers that signed in with a key: by the SHA-256 of what their cookie holds.
CREATE TABLE IF NOT EXISTS sessions (
  hash BLOB PRIMARY KEY,
  key TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS version (only_row BIGINT PRIMARY KEY, schema BIGINT NOT NULL, number BIGINT NOT NULL);
INSERT INTO version VALUES (1, 1, 0) ON CONFLICT DO NOTHING;
