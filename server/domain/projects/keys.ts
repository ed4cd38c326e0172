// DSN keys of a project. They are public, but switching one off stops whatever uses it; the ingest doors follow
// within seconds (key-cache.ts reads keys in use again every 2 s).
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import {
  insertKey,
  listKeys,
  markKey,
  type KeyChange,
  type ProjectKeyRow,
} from '#server/storage/projects/project-keys.ts'
import type { ProjectKey } from '#shared/schemas/project.ts'
import { DomainError } from '../errors.ts'
import type { OrgContext, ProjectContext } from '../orgs/find-membership.ts'
import { readForwardPage, type ForwardPage } from '../orgs/forward-page.ts'
import { dsnOf, newPublicKey } from './dsn.ts'

interface Where {
  org: OrgContext
  project: ProjectContext
}

export async function pageKeys(
  project: ProjectContext,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<ForwardPage<ProjectKey>> {
  const page = await readForwardPage({
    scope: { list: 'keys', project: project.id },
    cursor,
    limit,
    read: (after, n) =>
      listKeys(useDatabase().read, { projectId: project.id, after: after?.id ?? null, limit: n }),
    placeOf: ({ id }) => ({ value: String(id), id: String(id) }),
  })
  return { ...page, data: page.data.map(toKey) }
}

export async function createKey(
  actorId: string,
  { org, project }: Where,
  label: string,
): Promise<ProjectKey> {
  const row = await withTransaction(useDatabase().read, async (db) => {
    const key = await insertKey(db, { projectId: project.id, publicKey: newPublicKey(), label })
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'key.created',
      target: `key:${project.id}:${key.id}`,
      data: { label },
    })
    return key
  })
  return toKey(row)
}

export async function updateKey(
  actorId: string,
  { org, project }: Where,
  change: KeyChange & { id: string },
): Promise<ProjectKey> {
  const row = await withTransaction(useDatabase().read, async (db) => {
    const key = await markKey(db, { projectId: project.id, ...change })
    if (!key) throw new DomainError('not_found')
    const { id, ...data } = change
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'key.updated',
      target: `key:${project.id}:${id}`,
      data,
    })
    return key
  })
  return toKey(row)
}

const toKey = ({ id, projectId, createdAt, ...row }: ProjectKeyRow): ProjectKey => ({
  ...row,
  id: String(id),
  dsn: dsnOf({ publicKey: row.publicKey, projectId }),
  createdAt: createdAt.toISOString(),
})
