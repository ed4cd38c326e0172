-- Mesher's own faults as events of a project (docs/decisions/0018): whether, and which. No foreign key, which would lock
-- the projects of a running installation: whoever reads it joins the project, and one that is gone is none.
ALTER TABLE installation
  ADD COLUMN self_reporting boolean NOT NULL DEFAULT false,
  ADD COLUMN self_project_id integer;
