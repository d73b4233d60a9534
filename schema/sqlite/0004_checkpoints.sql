-- What a question about the past starts from (src/replay/checkpoints.ts): every so many events, the state of the pool, and
-- what each table that can be asked of the past gained since the checkpoint before. A convenience, as snapshots are.
-- `contents` comes last, so that the rest is read without it.
CREATE TABLE checkpoints (
  pool TEXT NOT NULL,
  part TEXT NOT NULL,
  seq INTEGER NOT NULL,
  rules TEXT NOT NULL,
  contents TEXT NOT NULL,
  PRIMARY KEY (pool, part, seq)
) STRICT;
