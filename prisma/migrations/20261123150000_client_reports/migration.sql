-- What SDKs say they dropped themselves (`client_report` items), by minute: a second of a node's reports is summed in
-- memory and added here. Reasons and categories are names from payloads, made safe and bounded in number before.
-- No foreign key: a report that arrives while its project is being deleted must not stop everybody's.
CREATE TABLE client_report_minute (
  project_id integer NOT NULL,
  minute     timestamptz(0) NOT NULL,
  reason     text NOT NULL,
  category   text NOT NULL,
  n          bigint NOT NULL,
  PRIMARY KEY (project_id, minute, reason, category)
);
-- For the janitor: rows lie in the order of their minutes, whosever they are.
CREATE INDEX client_report_minute_minute_idx ON client_report_minute USING brin (minute);
