-- A link that was taken back is told from one that never was: its holder learns what happened.
ALTER TABLE invitation ADD COLUMN revoked_at timestamptz(3);
