-- What a rare environment saw, without reading what the others did: its counts on an overview, its top issues.
CREATE INDEX CONCURRENTLY IF NOT EXISTS rollup_group_hour_environment_idx ON rollup_group_hour (project_id, environment, bucket, group_id);
