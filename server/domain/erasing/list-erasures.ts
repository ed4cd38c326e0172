// What an organisation is removing, and what it removed.
import { useDatabase } from '#server/storage/database.ts'
import { listErasures } from '#server/storage/erasing/list-erasures.ts'
import type { Erasure } from '#shared/schemas/erasure.ts'
import type { OrgContext } from '../orgs/find-membership.ts'
import { readForwardPage, type ForwardPage } from '../orgs/forward-page.ts'

export async function pageErasures(
  org: OrgContext,
  { cursor, limit, state }: { cursor?: string; limit: number; state: 'running' | 'all' },
): Promise<ForwardPage<Erasure>> {
  const page = await readForwardPage({
    scope: { list: `erasures ${state}`, project: 0, org: org.id },
    cursor,
    limit,
    read: (after, n) =>
      listErasures(useDatabase().read, {
        organizationId: org.id,
        running: state === 'running',
        after: after?.id ?? null,
        limit: n,
      }),
    placeOf: ({ id }) => ({ value: String(id), id: String(id) }),
  })
  return {
    ...page,
    data: page.data.map((row) => ({
      ...row,
      id: String(row.id),
      createdAt: row.createdAt.toISOString(),
      finishedAt: row.finishedAt?.toISOString() ?? null,
    })),
  }
}
