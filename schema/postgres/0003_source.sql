-- Events of one source, whether they are most of the log or none of it. Of all sources, as which of them is common differs
-- from ledger to ledger.
CREATE INDEX events_by_source ON events (pool, source, seq);
