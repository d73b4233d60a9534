-- Endpoints of others, and what is sent to them: a file of its own, outbox.db, beside the ledger. Made with the first
-- endpoint, or the first sink of the audit trail.
CREATE TABLE IF NOT EXISTS endpoints (
  id TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  secret TEXT NOT NULL,
  types TEXT NOT NULL,
  pool TEXT,
  format TEXT NOT NULL,
  label TEXT,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT,
  disabled_why TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
  endpoint TEXT NOT NULL,
  pool TEXT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (endpoint, pool)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
  endpoint TEXT NOT NULL,
  id TEXT NOT NULL,
  number BIGINT NOT NULL,
  kind TEXT NOT NULL,
  pool TEXT NOT NULL,
  seq BIGINT NOT NULL,
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  tried_at BIGINT,
  status BIGINT,
  error TEXT,
  reply TEXT,
  PRIMARY KEY (endpoint, id)
);
CREATE INDEX IF NOT EXISTS deliveries_number ON deliveries (endpoint, number);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (endpoint, number) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS deliveries_created ON deliveries (endpoint, created_at);
-- How far the logs were sent to the sinks of the audit trail, and what is to be sent to them that is in no log.
CREATE TABLE IF NOT EXISTS audit_positions (
  sink TEXT NOT NULL,
  pool TEXT NOT NULL,
  seq BIGINT NOT NULL,
  event TEXT,
  PRIMARY KEY (sink, pool)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit_notes (
  sink TEXT NOT NULL,
  id TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (sink, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS version (only_row BIGINT PRIMARY KEY, schema BIGINT NOT NULL);
INSERT INTO version VALUES (1, 1) ON CONFLICT DO NOTHING;
