-- Regressed and escalating issues are few among many: counting and listing them must not read all that are open.
-- Partial, so that issues which are neither cost nothing here.
CREATE INDEX issue_notable_idx ON issue (project_id, substatus, last_seen DESC)
  WHERE substatus IN ('regressed', 'escalating');
