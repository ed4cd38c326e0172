// The audit log as its readers see it.
import { listAudit } from '#server/storage/audit/list-audit.ts'
import { useDatabase } from '#server/storage/database.ts'
import type { AuditRow } from '#shared/schemas/audit.ts'
import type { OrgContext } from './find-membership.ts'
import { readForwardPage, type ForwardPage } from './forward-page.ts'

export async function pageAudit(
  org: OrgContext,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<ForwardPage<AuditRow>> {
  const page = await readForwardPage({
    scope: { list: 'audit', project: 0, org: org.id },
    cursor,
    limit,
    read: (after, n) =>
      listAudit(useDatabase().read, { organizationId: org.id, beforeId: after?.id ?? null, limit: n }),
    placeOf: ({ id }) => ({ value: String(id), id: String(id) }),
  })
  return {
    ...page,
    data: page.data.map(({ id, actorId, actorName, createdAt, ...row }) => ({
      ...row,
      id: String(id),
      actor: actorId === null ? null : { id: actorId, name: actorName ?? '' },
      createdAt: createdAt.toISOString(),
    })),
  }
}
