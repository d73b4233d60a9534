-- Background work (docs/concepts/jobs.md). Operational, as leases are: no part of the log, and not rebuilt from it.
CREATE TABLE jobs (
  id TEXT COLLATE "C" PRIMARY KEY,
  pool TEXT COLLATE "C",
  kind TEXT COLLATE "C" NOT NULL,
  payload TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  run_at BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  attempts_max BIGINT NOT NULL,
  -- Grows with every claim: whoever holds an older one has lost the job.
  token BIGINT NOT NULL,
  holder TEXT COLLATE "C",
  lease_until BIGINT,
  dedupe TEXT COLLATE "C",
  cancel_at BIGINT,
  progress TEXT COLLATE "C",
  error TEXT COLLATE "C",
  result TEXT COLLATE "C",
  schedule TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT
);

CREATE INDEX jobs_due ON jobs (kind, priority, run_at, id) WHERE state = 'pending';
CREATE INDEX jobs_leases ON jobs (lease_until, id) WHERE state = 'running';
CREATE UNIQUE INDEX jobs_dedupe ON jobs (kind, dedupe) WHERE dedupe IS NOT NULL AND state IN ('pending', 'running');
CREATE INDEX jobs_finished ON jobs (state, finished_at, id) WHERE finished_at IS NOT NULL;

-- Each instant at which a schedule added a job: whichever node is first adds it, and no other does.
CREATE TABLE schedule_fires (
  schedule TEXT COLLATE "C" NOT NULL,
  instant BIGINT NOT NULL,
  job TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (schedule, instant)
);

-- Kinds of which no job is started; * stands for all.
CREATE TABLE paused_jobs (
  kind TEXT COLLATE "C" PRIMARY KEY,
  paused_at BIGINT NOT NULL
);
