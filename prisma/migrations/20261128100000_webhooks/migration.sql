-- Alerts told to other programs: destinations of a project, and what was sent to them.

-- busy_until is a lease: one node at a time sends to a destination, so one that hangs costs one connection. held_until
-- is how long it is left alone after it failed.
CREATE TABLE webhook (
  project_id    integer NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  webhook_id    integer GENERATED ALWAYS AS IDENTITY,
  name          text NOT NULL,
  url           text NOT NULL,
  format        text NOT NULL CHECK (format IN ('mesher', 'slack', 'discord')),
  -- Signs; sealed with the installation's secret, because a signature needs it in the clear.
  secret        bytea NOT NULL,
  enabled       boolean NOT NULL DEFAULT true,
  failures      integer NOT NULL DEFAULT 0,
  failing_since timestamptz(3),
  held_until    timestamptz(3),
  busy_until    timestamptz(3),
  created_at    timestamptz(3) NOT NULL DEFAULT now(),
  updated_at    timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, webhook_id)
) WITH (fillfactor = 70);

-- Whom a rule tells; ids of webhooks that are gone mean nobody.
ALTER TABLE alert_rule ADD COLUMN webhook_ids integer[] NOT NULL DEFAULT '{}';

-- The queue and its log in one: what waits is pending, and stays as what became of it.
CREATE TABLE webhook_delivery (
  project_id   integer NOT NULL,
  webhook_id   integer NOT NULL,
  delivery_id  bigint GENERATED ALWAYS AS IDENTITY,
  kind         text NOT NULL CHECK (kind IN ('alert', 'resend', 'test')),
  -- Null: a test.
  alert_id     bigint,
  -- 0: the roll-up of too many alerts. Null: a test.
  rule_id      integer,
  state        text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts     integer NOT NULL DEFAULT 0,
  next_at      timestamptz(3) NOT NULL DEFAULT now(),
  attempted_at timestamptz(3),
  finished_at  timestamptz(3),
  -- Of the last attempt.
  status_code  integer,
  error        text,
  answer       text,
  duration_ms  integer,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, delivery_id),
  FOREIGN KEY (project_id, webhook_id) REFERENCES webhook (project_id, webhook_id) ON DELETE CASCADE
) WITH (fillfactor = 80);
-- One delivery of an alert to a destination, whoever inserts.
CREATE UNIQUE INDEX webhook_delivery_once_idx ON webhook_delivery (project_id, alert_id, webhook_id) WHERE kind = 'alert';
CREATE INDEX webhook_delivery_webhook_idx ON webhook_delivery (project_id, webhook_id, delivery_id DESC);
CREATE INDEX webhook_delivery_rule_idx ON webhook_delivery (project_id, rule_id, delivery_id DESC);
CREATE INDEX webhook_delivery_pending_idx ON webhook_delivery (project_id, webhook_id, next_at) WHERE state = 'pending';
CREATE INDEX webhook_delivery_created_idx ON webhook_delivery (created_at);
