-- The nodes that share this database, and which of them owns which part of the work (docs/scaling.md). Neither is a
-- tenant's: they hold numbers of projects and rates, no data.
CREATE TABLE mesh_node (
  id           uuid PRIMARY KEY,
  -- Part of the ids that this node makes: unlike that of every other node there is.
  number       integer NOT NULL UNIQUE,
  name         text NOT NULL,
  -- Addresses of the loopback mean something only there.
  machine      text NOT NULL,
  host         text NOT NULL,
  -- Null: it listens to nobody yet, because it is alone.
  port         integer,
  version      text NOT NULL,
  started_at   timestamptz(3) NOT NULL,
  heartbeat_at timestamptz(3) NOT NULL DEFAULT now(),
  -- It hands over what it owns, and gets nothing new.
  leaving      boolean NOT NULL DEFAULT false,
  -- What it says of itself; kept for a while after its last heartbeat.
  state        jsonb NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE mesh_shard (
  shard_id text PRIMARY KEY,
  node_id  uuid NOT NULL REFERENCES mesh_node (id) ON DELETE CASCADE,
  since    timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX mesh_shard_node_idx ON mesh_shard (node_id);
