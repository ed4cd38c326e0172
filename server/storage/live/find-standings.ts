// Who still is what: for everybody with a live socket, in one question every few seconds. What that allows is decided
// elsewhere (http/require-member.ts). Leans on session_pkey, api_token_pkey, project_pkey, organization_pkey and
// member_pkey.
import type { Role } from '#shared/schemas/org.ts'
import { plainArray } from '../array-literal.ts'
import type { Db } from '../database.ts'

export interface AskedStandings {
  sessionIds: readonly string[]
  tokenIds: readonly number[]
  members: readonly { userId: string; projectId: string | null; orgId: number | null }[]
}
export interface Standing {
  userId: string
  /** As asked; null when the organisation was. */
  projectId: string | null
  orgId: number
  role: Role
}
export interface Standings {
  /** Those that are still good. */
  sessionIds: string[]
  tokenIds: number[]
  members: Standing[]
}

export async function findStandings(db: Db, asked: AskedStandings): Promise<Standings> {
  const { rows } = await db.query<Standings>({
    name: 'find-standings',
    text: `
      select
        array(select id from session where id = any($1::text[]) and expires_at > now()) as "sessionIds",
        array(select id from api_token
              where id = any($2::int[]) and (expires_at is null or expires_at > now())) as "tokenIds",
        (select coalesce(json_agg(json_build_object(
                  'userId', k.user_id, 'projectId', k.project_id::text, 'orgId', o.id, 'role', m.role)), '[]')
         from unnest($3::text[], $4::bigint[], $5::int[]) as k (user_id, project_id, org_id)
         left join project p on p.id = k.project_id and p.deleting_at is null
         join organization o on o.id = coalesce(k.org_id, p.organization_id) and o.deleting_at is null
         join member m on m.organization_id = o.id and m.user_id = k.user_id) as members`,
    values: [
      asked.sessionIds,
      asked.tokenIds,
      asked.members.map((m) => m.userId),
      plainArray(asked.members.map((m) => m.projectId ?? 'NULL')),
      plainArray(asked.members.map((m) => m.orgId ?? 'NULL')),
    ],
  })
  return rows[0]!
}
