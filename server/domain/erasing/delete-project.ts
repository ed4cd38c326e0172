// A project is deleted in two steps: at once it exists for nobody (one transaction here), and then the eraser removes its
// rows in portions (processes/eraser.ts). Nodes forget its keys within 5 s.
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import { countFootprint, type Footprint } from '#server/storage/erasing/count-footprint.ts'
import { insertErasure } from '#server/storage/erasing/insert-erasures.ts'
import { markProjectDeleting } from '#server/storage/erasing/mark-deleting.ts'
import { DomainError } from '../errors.ts'
import type { OrgContext, ProjectContext } from '../orgs/find-membership.ts'
import { assertConfirmed } from './confirm.ts'

interface Where {
  org: OrgContext
  project: ProjectContext
}

export async function deleteProject(
  actorId: string,
  { org, project }: Where,
  { confirm }: { confirm: string },
): Promise<{ erasureId: string }> {
  assertConfirmed(confirm, project.slug)
  const id = await withTransaction(useDatabase().read, async (db) => {
    if (!(await markProjectDeleting(db, project.id))) throw new DomainError('not_found')
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'project.deleted',
      target: `project:${project.id}`,
      data: { name: project.name, slug: project.slug },
    })
    return insertErasure(db, {
      organizationId: org.id,
      projectId: project.id,
      label: project.name,
      actorId,
    })
  })
  return { erasureId: String(id) }
}

/** What would go with it. */
export const projectFootprint = ({ org, project }: Where): Promise<Footprint> =>
  countFootprint(useDatabase().read, { organizationId: org.id, projectId: project.id })
