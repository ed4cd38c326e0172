// Invitation links. A link makes its holder a member, once, in a role its inviter could give at that moment; whoever
// takes a role away takes back the links that needed it (members.ts). The token stands in the fragment of the link,
// which no server log sees, and only its hash is kept.
import { createHash, randomBytes } from 'node:crypto'
import type { Db } from '#server/storage/database.ts'
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import { findInvitation, type FoundInvitation } from '#server/storage/invitations/find-invitation.ts'
import { insertInvitation } from '#server/storage/invitations/insert-invitation.ts'
import { listInvitations, type InvitationRow } from '#server/storage/invitations/list-invitations.ts'
import { markAccepted, markRevoked } from '#server/storage/invitations/mark-invitation.ts'
import { insertMemberOnce, listOwnersAnd, lockMembership } from '#server/storage/orgs/change-member.ts'
import type {
  CreateInvitation,
  Invitation,
  InvitationOffer,
  LostReason,
  NewInvitation,
} from '#shared/schemas/invitation.ts'
import { ROLES, type Org, type Role } from '#shared/schemas/org.ts'
import { DomainError } from '../errors.ts'
import { publicUrl } from '../settings.ts'
import type { OrgContext } from './find-membership.ts'
import { readForwardPage, type ForwardPage } from './forward-page.ts'
import { orgsOf } from './orgs.ts'

/** 256 bits, 43 characters: nobody guesses one. */
const TOKEN_BYTES = 32

const WORDS: Record<LostReason, string> = {
  used: 'This invitation has been used',
  revoked: 'This invitation was taken back',
  expired: 'This invitation has expired',
  inviter: 'Whoever sent this invitation may not invite in that role any more',
}

export async function pageInvitations(
  org: OrgContext,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<ForwardPage<Invitation>> {
  const page = await readForwardPage({
    scope: { list: 'invitations', project: 0, org: org.id },
    cursor,
    limit,
    read: (after, n) =>
      listInvitations(useDatabase().read, {
        organizationId: org.id,
        beforeId: after?.id ?? null,
        limit: n,
      }),
    placeOf: ({ id }) => ({ value: String(id), id: String(id) }),
  })
  return { ...page, data: page.data.map(toInvitation) }
}

export async function createInvitation(
  actorId: string,
  org: OrgContext,
  { role, note, expiresInDays }: CreateInvitation,
): Promise<NewInvitation> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const row = await withTransaction(useDatabase().read, async (db) => {
    // Under the lock: a role that is taken away at this moment takes its links with it, or this comes too late.
    if (!(await lockMembership(db, org.id))) throw new DomainError('not_found')
    const people = await listOwnersAnd(db, { organizationId: org.id, userIds: [actorId] })
    const own = people.find(({ id }) => id === actorId)?.role ?? 'member'
    if (!mayInvite(own, role)) throw new DomainError('forbidden', undefined, 'Not above your own role')
    const made = await insertInvitation(db, {
      organizationId: org.id,
      inviterId: actorId,
      role,
      note: note || null,
      tokenHash: hashOf(token),
      days: expiresInDays,
    })
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'invitation.created',
      target: `invitation:${made.id}`,
      data: { role, note: note || null, expiresAt: made.expiresAt.toISOString() },
    })
    return made
  })
  return { ...toInvitation(row), url: linkOf(token) }
}

export const revokeInvitation = (actorId: string, org: OrgContext, id: string): Promise<void> =>
  withTransaction(useDatabase().read, async (db) => {
    const done = await markRevoked(db, { organizationId: org.id, id })
    if (!done) throw new DomainError('not_found')
    if (done === 'over') return
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'invitation.revoked',
      target: `invitation:${id}`,
    })
  })

/** What a link offers; throws `not_found`, or `gone` with the reason. */
export async function inspectInvitation(token: string): Promise<InvitationOffer> {
  const found = await needOpen(useDatabase().read, token)
  const { orgName, role, inviterName, expiresAt } = found
  return { orgName, role, inviterName, expiresAt: expiresAt.toISOString() }
}

export async function acceptInvitation(userId: string, token: string): Promise<{ org: Org }> {
  const organizationId = await withTransaction(useDatabase().read, (db) =>
    takeInvitation(db, { token, userId }),
  )
  const org = (await orgsOf(userId)).find(({ id }) => id === String(organizationId))
  if (!org) throw new DomainError('not_found') // removed again in this very moment
  return { org }
}

/** Makes the holder a member, in the caller's transaction, or throws and leaves nothing behind. */
export async function takeInvitation(
  db: Db,
  { token = '', userId }: { token?: string; userId: string },
): Promise<number> {
  const taken = await markAccepted(db, { tokenHash: hashOf(token), userId })
  if (!taken) {
    await needOpen(db, token)
    throw new DomainError('conflict') // it opened between the two looks, which only a clock set back can do
  }
  const { id, organizationId, inviterId, role } = taken
  if (!(await insertMemberOnce(db, { organizationId, userId, role }))) throw new DomainError('already_member')
  await insertAudit(db, {
    organizationId,
    actorId: userId,
    action: 'invitation.accepted',
    target: `invitation:${id}`,
    data: { role, inviterId },
  })
  return organizationId
}

async function needOpen(db: Db, token: string): Promise<FoundInvitation> {
  const found = await findInvitation(db, hashOf(token))
  if (!found) throw new DomainError('not_found')
  const reason = reasonLost(found)
  if (reason) throw new DomainError('gone', { reason }, WORDS[reason])
  return found
}

function reasonLost({ used, revoked, expired, inviterRole, role }: FoundInvitation): LostReason | null {
  if (used) return 'used'
  if (revoked) return 'revoked'
  if (expired) return 'expired'
  return inviterRole && mayInvite(inviterRole, role) ? null : 'inviter'
}

const mayInvite = (own: Role, role: Role): boolean =>
  own !== 'member' && ROLES.indexOf(role) <= ROLES.indexOf(own)

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

function linkOf(token: string): string {
  const { origin, pathname } = publicUrl()
  return `${origin}${pathname.replace(/\/+$/, '')}/invite#${token}`
}

const toInvitation = ({ id, inviterId, inviterName, createdAt, expiresAt, ...row }: InvitationRow) => ({
  ...row,
  id: String(id),
  inviter: { id: inviterId, name: inviterName },
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
})
