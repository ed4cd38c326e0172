// What a person is to an organisation, or to a project's organisation. The answer to "may he?" starts here and
// nowhere else; null means: as far as this person is concerned, it does not exist.
import { useDatabase } from '#server/storage/database.ts'
import { findMember, type MemberOrgRow } from '#server/storage/orgs/find-member.ts'
import { findProjectMember, type MemberProjectRow } from '#server/storage/orgs/find-project-member.ts'

export type OrgContext = MemberOrgRow
export type ProjectContext = MemberProjectRow

export async function findMembership(userId: string, orgSlug: string): Promise<{ org: OrgContext } | null> {
  const org = await findMember(useDatabase().read, { userId, orgSlug })
  return org && { org }
}

export const findProjectMembership = (
  userId: string,
  projectId: string,
): Promise<{ org: OrgContext; project: ProjectContext } | null> =>
  findProjectMember(useDatabase().read, { userId, projectId })
