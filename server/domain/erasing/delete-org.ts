// An organisation is deleted with all its projects, in two steps as a project is (delete-project.ts). Its row and its log
// go last, when nothing of its projects is left.
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import { countFootprint, type Footprint } from '#server/storage/erasing/count-footprint.ts'
import { insertErasure } from '#server/storage/erasing/insert-erasures.ts'
import { markOrgDeleting, markProjectsDeleting } from '#server/storage/erasing/mark-deleting.ts'
import { DomainError } from '../errors.ts'
import type { OrgContext } from '../orgs/find-membership.ts'
import { assertConfirmed } from './confirm.ts'

export async function deleteOrg(
  actorId: string,
  org: OrgContext,
  { confirm }: { confirm: string },
): Promise<{ erasureId: string }> {
  assertConfirmed(confirm, org.slug)
  const id = await withTransaction(useDatabase().read, async (db) => {
    const organizationId = org.id
    if (!(await markOrgDeleting(db, organizationId))) throw new DomainError('not_found')
    await insertAudit(db, {
      organizationId,
      actorId,
      action: 'org.deleted',
      target: `org:${organizationId}`,
      data: { name: org.name, slug: org.slug },
    })
    for (const project of await markProjectsDeleting(db, organizationId))
      await insertErasure(db, { organizationId, projectId: project.id, label: project.name, actorId })
    return insertErasure(db, { organizationId, projectId: null, label: org.name, actorId })
  })
  return { erasureId: String(id) }
}

/** What would go with it. */
export const orgFootprint = (org: OrgContext): Promise<Footprint> =>
  countFootprint(useDatabase().read, { organizationId: org.id, projectId: null })
