// The organisations that some projects belong to. Leans on project_pkey.
import type { Db } from '../database.ts'

/** @returns by project */
export async function listProjectOrgs(db: Db, projectIds: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await db.query<{ id: number; orgId: number }>({
    name: 'list-project-orgs',
    text: `select id, organization_id as "orgId" from project where id = any($1::int[])`,
    values: [projectIds],
  })
  return new Map(rows.map(({ id, orgId }) => [id, orgId]))
}
