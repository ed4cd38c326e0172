// The projects of an organisation with what its overview shows: events per hour of the last 24 hours and how many
// issues wait. One statement for any number of projects. Leans on project_organization_id_slug_key,
// rollup_project_quarter_pkey (project, bucket) and issue_last_seen_idx (project, status).
import type { Db } from '../database.ts'
import { PROJECT_COLUMNS, type ProjectRow } from './project-row.ts'

/** Counting stops here, so that a project with 200,000 open issues costs what one with 1,000 does. */
export const MAX_COUNTED_ISSUES = 1_001

export interface ProjectListRow extends ProjectRow {
  hourly: number[]
  unresolvedCount: number
}

export async function listProjects(
  db: Db,
  query: { organizationId: number; after: string | null; limit: number },
): Promise<ProjectListRow[]> {
  const { rows } = await db.query<ProjectListRow>(
    `WITH page AS MATERIALIZED (
       SELECT p.* FROM project p
        WHERE p.organization_id = $1 AND p.deleting_at IS NULL AND ($2::text IS NULL OR p.slug > $2)
        ORDER BY p.slug LIMIT $3
     ),
     clock AS (SELECT date_trunc('hour', now(), 'UTC') - interval '23 hours' AS start),
     counted AS (
       SELECT r.project_id, floor(extract(epoch FROM r.bucket - clock.start) / 3600)::int AS hour, sum(r.n) AS n
         FROM clock, rollup_project_quarter r
        WHERE r.project_id IN (SELECT id FROM page) AND r.bucket >= clock.start
        GROUP BY 1, 2
     )
     SELECT ${PROJECT_COLUMNS},
            ARRAY(SELECT coalesce(c.n, 0)::float8
                    FROM generate_series(0, 23) AS h (hour)
                    LEFT JOIN counted c ON c.project_id = p.id AND c.hour = h.hour
                   ORDER BY h.hour) AS hourly,
            (SELECT count(*) FROM (SELECT 1 FROM issue i
                                    WHERE i.project_id = p.id AND i.status = 'unresolved' LIMIT $4) open
            ) AS "unresolvedCount"
       FROM page p JOIN organization o ON o.id = p.organization_id
      ORDER BY p.slug`,
    [query.organizationId, query.after, query.limit, MAX_COUNTED_ISSUES],
  )
  return rows
}
