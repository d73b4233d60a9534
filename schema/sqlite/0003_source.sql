-- Events of one source, whether they are most of the log or none of it. The rows of an index are in the order of `place` where
-- its columns are equal. Of all sources, as which of them is common differs from ledger to ledger.
CREATE INDEX events_by_source ON events (source);
