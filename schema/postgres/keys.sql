-- API keys, and secrets of webhooks: a schema of its own, on which nobody but its owner has a right. Made with the first one; % is its name.
CREATE SCHEMA IF NOT EXISTS %;
REVOKE ALL ON SCHEMA % FROM PUBLIC;
CREATE TABLE IF NOT EXISTS %.keys (
  id TEXT PRIMARY KEY,
  hash BYTEA NOT NULL,
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
);
-- The secret itself, with which signatures are checked; of a revoked one nothing is left.
CREATE TABLE IF NOT EXISTS %.webhook_secrets (
  id TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  secret BYTEA NOT NULL,
  pool TEXT NOT NULL,
  identity TEXT,
  label TEXT,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  uses BIGINT NOT NULL,
  replaced_by TEXT,
  overlap_until BIGINT,
  revoked_at BIGINT
);
-- Browsers that signed in with a key: by the SHA-256 of what their cookie holds.
CREATE TABLE IF NOT EXISTS %.sessions (
  hash BYTEA PRIMARY KEY,
  key TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS %.version (only_row BIGINT PRIMARY KEY, schema BIGINT NOT NULL, number BIGINT NOT NULL);
INSERT INTO %.version VALUES (1, 1, 0) ON CONFLICT DO NOTHING;
REVOKE ALL ON %.keys, %.webhook_secrets, %.sessions, %.version FROM PUBLIC;
