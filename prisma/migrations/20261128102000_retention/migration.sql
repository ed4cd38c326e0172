-- ── Retention that changes, and what is stored (docs/decisions/0017-retention-and-storage.md) ─────────────────────
-- What was in force until `retention_from` (a UTC day); before the first change both are absent.
ALTER TABLE project ADD COLUMN retention_before smallint CHECK (retention_before IN (30, 60, 90));
ALTER TABLE project ADD COLUMN retention_from date;
-- Events received before this UTC day are past their retention although their week is not, because it was shortened:
-- hidden at once, and removed by the retention sweeper.
ALTER TABLE project ADD COLUMN retained_since date;

-- Every retention a project had, from its first change on: an event goes by the least of those in force since it came.
CREATE TABLE retention_period (
  project_id integer NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  from_on    date NOT NULL,
  days       smallint NOT NULL CHECK (days IN (30, 60, 90)),
  PRIMARY KEY (project_id, from_on)
);
-- The last removal of a project's surplus: one row, replaced by the next.
CREATE TABLE retention_sweep (
  project_id  integer NOT NULL PRIMARY KEY REFERENCES project (id) ON DELETE CASCADE,
  -- Events received before this UTC day go.
  before      date NOT NULL,
  -- How many there were by the books, and how many of them are gone.
  events      bigint NOT NULL,
  removed     bigint NOT NULL DEFAULT 0,
  started_at  timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz(3)
);
CREATE INDEX retention_sweep_open_idx ON retention_sweep (project_id) WHERE finished_at IS NULL;

-- What is stored, folded from the deltas: by the UTC day it was received, and by group. Both by the week it expires in,
-- so that a dropped partition is a number of rows here. They take the place of rollup_bytes, which an older node may
-- still write to until it is replaced.
CREATE TABLE stored_day (
  project_id  integer NOT NULL,
  received_on date NOT NULL,
  expires_on  date NOT NULL,
  events      bigint NOT NULL,
  bytes       bigint NOT NULL,
  PRIMARY KEY (project_id, received_on, expires_on)
) WITH (fillfactor = 70);
CREATE TABLE stored_group (
  project_id integer NOT NULL,
  expires_on date NOT NULL,
  group_id   bigint NOT NULL,
  events     bigint NOT NULL,
  bytes      bigint NOT NULL,
  PRIMARY KEY (project_id, expires_on, group_id)
) WITH (fillfactor = 70);
-- One statement, so one view of both tables: what is appended and not folded yet is added by the next fold.
WITH kept AS MATERIALIZED (
  SELECT project_id, group_id, (received_at AT TIME ZONE 'UTC')::date AS received_on, expires_on,
         count(*) AS events, sum(octet_length(payload)) AS bytes
    FROM event GROUP BY 1, 2, 3, 4
  UNION ALL
  SELECT project_id, group_id, (minute AT TIME ZONE 'UTC')::date, expires_on, -sum(stored), -sum(bytes)
    FROM event_delta WHERE n > 0 GROUP BY 1, 2, 3, 4
), days AS (
  INSERT INTO stored_day (project_id, received_on, expires_on, events, bytes)
  SELECT project_id, received_on, expires_on, sum(events), sum(bytes) FROM kept GROUP BY 1, 2, 3
)
INSERT INTO stored_group (project_id, expires_on, group_id, events, bytes)
SELECT project_id, expires_on, group_id, sum(events), sum(bytes) FROM kept GROUP BY 1, 2, 3;

-- How far old rollups were folded into coarser ones: a partition by its blocks, a table by time.
CREATE TABLE rollup_fold (
  name        text NOT NULL PRIMARY KEY,
  next_block  bigint NOT NULL DEFAULT 0,
  folded_to   timestamptz(0),
  finished_at timestamptz(3)
);
-- Rows lie in the order of their minutes.
CREATE INDEX outcome_minute_minute_idx ON outcome_minute USING brin (minute) WITH (autosummarize = on);
