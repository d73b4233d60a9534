-- What a question about the past starts from (src/replay/checkpoints.ts): every so many events, the state of the pool, and
-- what each table that can be asked of the past gained since the checkpoint before. A convenience, as snapshots are.
-- `contents` comes last, so that the rest is read without it.
CREATE TABLE checkpoints (
  pool TEXT COLLATE "C" NOT NULL,
  part TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  rules TEXT COLLATE "C" NOT NULL,
  contents TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, part, seq)
);
