// What would go with a project, or with all projects of an organisation: shown before somebody confirms. Events are
// the stored ones, of the rollup (stored_day_pkey), so a second behind; issues are counted to 100,000.
import type { Db } from '../database.ts'

export interface Footprint {
  projects: number
  issues: number
  events: number
}

const MOST_ISSUES = 100_000

export async function countFootprint(
  db: Db,
  { organizationId, projectId }: { organizationId: number; projectId: number | null },
): Promise<Footprint> {
  const { rows } = await db.query<Footprint>(
    `WITH p AS MATERIALIZED (
       SELECT id FROM project
        WHERE organization_id = $1 AND ($2::int IS NULL OR id = $2) AND deleting_at IS NULL
     )
     SELECT (SELECT count(*) FROM p) AS projects,
            (SELECT count(*) FROM (
               SELECT 1 FROM p CROSS JOIN LATERAL (
                 SELECT FROM issue i WHERE i.project_id = p.id LIMIT ${MOST_ISSUES}) i LIMIT ${MOST_ISSUES}) n) AS issues,
            (SELECT coalesce(sum(b.events), 0) FROM stored_day b WHERE b.project_id IN (SELECT id FROM p)) AS events`,
    [organizationId, projectId],
  )
  return rows[0]!
}
