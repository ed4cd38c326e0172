-- While a project moves to another grouping version, events are grouped by both: a new group joins the issue of the old
-- one. Null when it has settled. Forwards only; going back is grouping_version = previous, previous = null, because
-- the old version's groups are made along as long as the move lasts.
ALTER TABLE project
  ADD COLUMN previous_grouping_version smallint CHECK (previous_grouping_version < grouping_version);
