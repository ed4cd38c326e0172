import type { Db } from '../database.ts'

export interface Assignee {
  id: string
  name: string
}

/**
 * Who of these is a member of the project's organisation, held until the transaction ends: whoever leaves meanwhile
 * waits, and then finds the issue to take off them. Leans on project's, member's and user's primary keys.
 */
export async function findAssignees(
  db: Db,
  projectId: number,
  userIds: readonly string[],
): Promise<Assignee[]> {
  const { rows } = await db.query<Assignee>({
    name: 'find-assignees',
    text: `
      select u.id, u.name
      from project p
      join member m on m.organization_id = p.organization_id and m.user_id = any($2::text[])
      join "user" u on u.id = m.user_id
      where p.id = $1
      order by u.id
      for key share of m`,
    values: [projectId, userIds],
  })
  return rows
}
