-- What the writer pays for each affected user of a batch, measured: the foreign key's trigger was a tenth of an event,
-- the second B-tree a twentieth. Rows of a project that is deleted go with its events, by the same batches.
ALTER TABLE group_user DROP CONSTRAINT group_user_project_id_fkey;
DROP INDEX group_user_seen_idx;
CREATE INDEX group_user_seen_idx ON group_user USING brin (last_seen_on);
ALTER TABLE group_total DROP CONSTRAINT group_total_project_id_fkey;

-- ── What bounds cardinality ─────────────────────────────────────────────────────────────────────────────────────
-- New groups of the current hour are counted before more are made; 0 = no limit.
ALTER TABLE project ADD COLUMN new_issues_per_hour integer NOT NULL DEFAULT 1000 CHECK (new_issues_per_hour >= 0);
CREATE INDEX event_group_created_idx ON event_group (project_id, created_at);
-- The environments and releases a project may be told apart by. What is not admitted here is counted as `(other)`.
CREATE TABLE seen_value (
  project_id integer NOT NULL,
  kind       text NOT NULL,
  value      text NOT NULL,
  first_day  date NOT NULL,
  PRIMARY KEY (project_id, kind, value)
);
CREATE INDEX seen_value_day_idx ON seen_value (project_id, kind, first_day);
