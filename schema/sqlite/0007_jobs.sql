-- Background work (docs/concepts/jobs.md). Operational, as leases are: no part of the log, and not rebuilt from it.
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  pool TEXT,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  run_at INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  attempts_max INTEGER NOT NULL,
  -- Grows with every claim: whoever holds an older one has lost the job.
  token INTEGER NOT NULL,
  holder TEXT,
  lease_until INTEGER,
  dedupe TEXT,
  cancel_at INTEGER,
  progress TEXT,
  error TEXT,
  result TEXT,
  schedule TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER
) STRICT;

CREATE INDEX jobs_due ON jobs (kind, priority, run_at, id) WHERE state = 'pending';
CREATE INDEX jobs_leases ON jobs (lease_until, id) WHERE state = 'running';
CREATE UNIQUE INDEX jobs_dedupe ON jobs (kind, dedupe) WHERE dedupe IS NOT NULL AND state IN ('pending', 'running');
CREATE INDEX jobs_finished ON jobs (state, finished_at, id) WHERE finished_at IS NOT NULL;

-- Each instant at which a schedule added a job: whichever node is first adds it, and no other does.
CREATE TABLE schedule_fires (
  schedule TEXT NOT NULL,
  instant INTEGER NOT NULL,
  job TEXT NOT NULL,
  PRIMARY KEY (schedule, instant)
) STRICT;

-- Kinds of which no job is started; * stands for all.
CREATE TABLE paused_jobs (
  kind TEXT PRIMARY KEY,
  paused_at INTEGER NOT NULL
) STRICT;
