-- Affected users of a range are found by project and day. Rows are updated where they lie when somebody comes back, so
-- every block has recent ones and the index of block ranges excludes nothing: counting read the whole table. New rows
-- go to the end of one day's entries; a returning user costs an entry a day.
CREATE INDEX group_user_day_idx ON group_user (project_id, last_seen_on);
