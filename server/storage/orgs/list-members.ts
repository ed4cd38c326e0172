// The members of an organisation, longest-serving first. Leans on member_pkey and user_pkey; an organisation has tens
// of members, so sorting them needs no index.
import type { Role } from '#shared/schemas/org.ts'
import type { Db } from '../database.ts'

export interface MemberRow {
  id: string
  name: string
  email: string
  role: Role
  joinedAt: Date
}

export async function listMembers(
  db: Db,
  query: { organizationId: number; after: { value: string; id: string } | null; limit: number },
): Promise<MemberRow[]> {
  const { organizationId, after, limit } = query
  const { rows } = await db.query<MemberRow>(
    `SELECT u.id, u.name, u.email, m.role, m.created_at AS "joinedAt"
       FROM member m
       JOIN "user" u ON u.id = m.user_id
      WHERE m.organization_id = $1
        AND ($2::timestamptz IS NULL OR (m.created_at, m.user_id) > ($2, $3))
      ORDER BY m.created_at, m.user_id
      LIMIT $4`,
    [organizationId, after?.value ?? null, after?.id ?? null, limit],
  )
  return rows
}
