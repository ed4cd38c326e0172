// What the operator of the machine may do with any organisation: find it, and let somebody in. He acts as its owner. For
// the command line (scripts/mesher.ts); doors prove membership instead.
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import { findAnyOrg, findAnyProject, findLeadingMember } from '#server/storage/orgs/find-any-org.ts'
import { insertMember } from '#server/storage/orgs/insert-org.ts'
import type { Role } from '#shared/schemas/org.ts'
import { DomainError } from '../errors.ts'
import type { OrgContext, ProjectContext } from './find-membership.ts'

export async function orgAsOperator(slug: string): Promise<OrgContext> {
  const org = await findAnyOrg(useDatabase().read, slug)
  if (!org) throw new DomainError('not_found', undefined, `There is no organisation ${slug}`)
  return { ...org, role: 'owner' }
}

/** @param name `org/project`, or the number in its DSN */
export async function projectAsOperator(name: string): Promise<{ org: OrgContext; project: ProjectContext }> {
  const [orgSlug = '', slug] = name.split('/')
  const found = await findAnyProject(
    useDatabase().read,
    slug === undefined ? { id: /^\d{1,18}$/.test(name) ? name : '0' } : { orgSlug, slug },
  )
  if (!found)
    throw new DomainError('not_found', undefined, `There is no project ${name} (org/project, or its number)`)
  const { orgSlug: ofOrg, ...project } = found
  return { org: await orgAsOperator(ofOrg), project }
}

/** In whose name something is made that needs a member. */
export async function leadingMember(org: OrgContext): Promise<{ id: string; email: string; role: Role }> {
  const member = await findLeadingMember(useDatabase().read, org.id)
  if (!member) throw new DomainError('not_found', undefined, `${org.slug} has no members`)
  return member
}

export async function addMember(
  actorId: string | null,
  org: OrgContext,
  member: { userId: string; role: Role },
): Promise<void> {
  await withTransaction(useDatabase().read, async (db) => {
    await insertMember(db, { organizationId: org.id, ...member }).catch((error: unknown) => {
      if ((error as { code?: unknown }).code === '23505')
        throw new DomainError('conflict', undefined, `They are a member of ${org.slug} already`)
      throw error
    })
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'member.added',
      target: `user:${member.userId}`,
      data: { role: member.role },
    })
  })
}
