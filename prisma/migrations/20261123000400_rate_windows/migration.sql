-- Rate limits are the project's and the key's, not a node's: nodes lease quota of the running minute from here in
-- chunks (docs/decisions/0009-rate-limits.md).

-- Null: the key has no limit of its own.
ALTER TABLE project_key
  ADD COLUMN rate_limit_per_minute integer CHECK (rate_limit_per_minute > 0);

-- One row for each limit and minute in which it was asked; the janitor removes them after an hour. Logged on purpose: a
-- window that a crash of PostgreSQL emptied would hand its quota out twice. No reference to project: the lease of a
-- project that is being deleted must not fail the leases of others in the same statement.
CREATE TABLE rate_window (
  project_id integer NOT NULL,
  -- 0: the limit of the whole project.
  key_id     integer NOT NULL,
  -- Its beginning, by PostgreSQL's clock.
  minute     timestamptz(0) NOT NULL,
  -- The limit by which the last lease was decided.
  quota      integer NOT NULL,
  -- Leased in this minute by all nodes together.
  used       integer NOT NULL,
  -- By the last lease: what the statement answers, since it cannot see the row as it was before.
  granted    integer NOT NULL,
  PRIMARY KEY (project_id, key_id, minute)
) WITH (fillfactor = 50); -- some fifty updates in a minute, of columns without an index: they stay in the page

-- For the janitor alone.
CREATE INDEX rate_window_minute_idx ON rate_window (minute);
