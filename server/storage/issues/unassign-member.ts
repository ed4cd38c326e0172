// Takes all issues of one organisation off somebody, each with its history and its news, in one statement. Rows are
// locked in the order everybody locks issues in. Leans on issue_assignee_idx.
import type { Db } from '../database.ts'

/** How many there were. */
export async function unassignMember(
  db: Db,
  { organizationId, userId, actorId }: { organizationId: number; userId: string; actorId: string },
): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `WITH theirs AS (
       SELECT i.project_id, i.issue_id
         FROM issue i
         JOIN project p ON p.id = i.project_id
        WHERE i.assignee_id = $2 AND p.organization_id = $1
        ORDER BY i.project_id, i.issue_id
          FOR NO KEY UPDATE OF i
     ), freed AS (
       UPDATE issue i SET assignee_id = NULL, version = i.version + 1
         FROM theirs
        WHERE i.project_id = theirs.project_id AND i.issue_id = theirs.issue_id
       RETURNING i.project_id, i.issue_id, i.status, i.substatus, i.version
     ), told AS (
       INSERT INTO issue_activity (project_id, issue_id, kind, actor_id, data)
       SELECT project_id, issue_id, 'unassigned', $3,
              jsonb_build_object('assignee', (SELECT jsonb_build_object('id', id, 'name', name) FROM "user" WHERE id = $2))
         FROM freed
     ), news AS (
       INSERT INTO outbox (project_id, kind, issue_id, payload)
       SELECT project_id, 'issue.updated', issue_id,
              jsonb_build_object('status', status, 'substatus', substatus, 'version', version, 'actorId', $3::text)
         FROM freed
     )
     SELECT count(*) AS count FROM freed`,
    [organizationId, userId, actorId],
  )
  return rows[0]?.count ?? 0
}
