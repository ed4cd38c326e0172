// DSN keys of a project. They are public, but switching one off stops whatever uses it; the ingest doors follow
// within seconds (key-cache.ts reads keys in use again every 2 s).
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import {
  copyKey,
  deleteKey as removeKey,
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
  actorId: string | null,
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
  actorId: string | null,
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

/** A new key in place of this one, which stays active until somebody disables it: programs are moved one by one. */
export async function rotateKey(actorId: string, { org, project }: Where, id: string): Promise<ProjectKey> {
  const row = await withTransaction(useDatabase().read, async (db) => {
    const key = await copyKey(db, { projectId: project.id, id, publicKey: newPublicKey() })
    if (!key) throw new DomainError('not_found')
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'key.rotated',
      target: `key:${project.id}:${id}`,
      data: { label: key.label, newKey: String(key.id) },
    })
    return key
  })
  return toKey(row)
}

/** For good. The last active one stays: without any, the project would be silently deaf. */
export async function deleteKey(actorId: string, { org, project }: Where, id: string): Promise<void> {
  await withTransaction(useDatabase().read, async (db) => {
    const what = await removeKey(db, { projectId: project.id, id })
    if (what === 'missing') throw new DomainError('not_found')
    if (what === 'last')
      throw new DomainError(
        'conflict',
        undefined,
        'It is the last active key of the project: make another one first.',
      )
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'key.deleted',
      target: `key:${project.id}:${id}`,
    })
  })
}

const toKey = ({ id, projectId, createdAt, lastUsedAt, ...row }: ProjectKeyRow): ProjectKey => ({
  ...row,
  id: String(id),
  dsn: dsnOf({ publicKey: row.publicKey, projectId }),
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
})
