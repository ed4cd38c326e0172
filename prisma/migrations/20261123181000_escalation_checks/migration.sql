-- What is still to be compared with its limit: an issue archived until it escalates, and an hour some of its events were
-- just added to. Written by the fold that added them, in its transaction, so no crash between adding up and comparing can
-- lose an escalation. Appended and deleted, never updated, and empty again within a second. No foreign keys: a row that
-- points at nothing is removed like any other.
CREATE TABLE escalation_check (
  project_id integer NOT NULL,
  id         bigint GENERATED ALWAYS AS IDENTITY,
  issue_id   bigint NOT NULL,
  hour       timestamptz(0) NOT NULL,
  PRIMARY KEY (project_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000);

-- Until escalating: the events that its hour of archiving had before it was archived, which are no reason to come back.
ALTER TABLE issue ADD COLUMN archive_hour_count bigint;
