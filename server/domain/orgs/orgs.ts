// Organisations: whoever makes one owns it. Every change leaves a line in the audit log, in the same transaction.
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import { insertMember, insertOrg, type OrgRow } from '#server/storage/orgs/insert-org.ts'
import { listMembers, type MemberRow } from '#server/storage/orgs/list-members.ts'
import { listOrgs } from '#server/storage/orgs/list-orgs.ts'
import { markOrg } from '#server/storage/orgs/mark-org.ts'
import { RESERVED_ORG_SLUGS } from '#shared/constants/reserved-slugs.ts'
import type { Member, Org, Role } from '#shared/schemas/org.ts'
import type { OrgContext } from './find-membership.ts'
import { readForwardPage, type ForwardPage } from './forward-page.ts'
import { insertUnderShortName, slugTaken } from './short-name.ts'

/** More than anybody belongs to: `/me` is not a list to page through. */
const MAX_ORGS_OF_ME = 500

interface PageQuery {
  cursor?: string
  limit: number
}

export async function orgsOf(userId: string): Promise<Org[]> {
  const rows = await listOrgs(useDatabase().read, { userId, after: null, limit: MAX_ORGS_OF_ME })
  return rows.map((row) => toOrg(row, row.role))
}

export async function pageOrgs(userId: string, { cursor, limit }: PageQuery): Promise<ForwardPage<Org>> {
  const page = await readForwardPage({
    scope: { list: 'orgs', project: 0, user: userId },
    cursor,
    limit,
    read: (after, n) => listOrgs(useDatabase().read, { userId, after: after?.value ?? null, limit: n }),
    placeOf: ({ slug, id }) => ({ value: slug, id: String(id) }),
  })
  return { ...page, data: page.data.map((row) => toOrg(row, row.role)) }
}

export async function pageMembers(
  org: OrgContext,
  { cursor, limit }: PageQuery,
): Promise<ForwardPage<Member>> {
  const page = await readForwardPage({
    scope: { list: 'members', project: 0, org: org.id },
    cursor,
    limit,
    read: (after, n) => listMembers(useDatabase().read, { organizationId: org.id, after, limit: n }),
    placeOf: ({ joinedAt, id }) => ({ value: joinedAt.toISOString(), id }),
  })
  return { ...page, data: page.data.map(toMember) }
}

export async function createOrg(actorId: string, input: { name: string; slug?: string }): Promise<Org> {
  const row = await withTransaction(useDatabase().read, async (db) => {
    const org = await insertUnderShortName({
      asked: input.slug,
      name: input.name,
      fallback: 'team',
      reserved: RESERVED_ORG_SLUGS,
      insert: (slug) => insertOrg(db, { slug, name: input.name }),
    })
    await insertMember(db, { organizationId: org.id, userId: actorId, role: 'owner' })
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'org.created',
      target: `org:${org.id}`,
      data: { name: org.name, slug: org.slug },
    })
    return org
  })
  return toOrg(row, 'owner')
}

export async function updateOrg(
  actorId: string,
  org: OrgContext,
  change: { name?: string; slug?: string },
): Promise<Org> {
  if (change.slug !== undefined && change.slug !== org.slug && RESERVED_ORG_SLUGS.includes(change.slug)) {
    throw slugTaken()
  }
  const row = await withTransaction(useDatabase().read, async (db) => {
    const changed = await markOrg(db, { id: org.id, ...change }).catch(rethrowTaken)
    if (!changed) throw slugTaken()
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'org.updated',
      target: `org:${org.id}`,
      data: { ...change },
    })
    return changed
  })
  return toOrg(row, org.role)
}

/** Two at once want the same short name: the unique index is the last word. */
function rethrowTaken(error: unknown): never {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === '23505')
    throw slugTaken()
  throw error
}

export const toOrg = ({ id, slug, name, createdAt }: OrgRow, role: Role): Org => ({
  id: String(id),
  slug,
  name,
  role,
  createdAt: createdAt.toISOString(),
})

export const toMember = ({ joinedAt, ...row }: MemberRow): Member => ({
  ...row,
  joinedAt: joinedAt.toISOString(),
})
