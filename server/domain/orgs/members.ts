// Who belongs to an organisation, and as what. Changes of one organisation wait for each other, and what a change is
// allowed to do is decided from the roles as they are then, not as the door saw them: of two owners who demote each
// other one stays, and an organisation always has an owner.
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import { revokeBeyond } from '#server/storage/invitations/mark-invitation.ts'
import { unassignMember } from '#server/storage/issues/unassign-member.ts'
import { deleteMember, listOwnersAnd, lockMembership, markRole } from '#server/storage/orgs/change-member.ts'
import type { MemberRow } from '#server/storage/orgs/list-members.ts'
import { deleteViewsOf } from '#server/storage/views/delete-view.ts'
import type { Member, Org, Role } from '#shared/schemas/org.ts'
import { DomainError } from '../errors.ts'
import type { OrgContext } from './find-membership.ts'
import { toMember, toOrg } from './orgs.ts'

interface Roles {
  db: Db
  actor: MemberRow
  target: MemberRow
  isLastOwner: boolean
}

export const changeRole = (actorId: string, org: OrgContext, userId: string, role: Role): Promise<Member> =>
  withRoles({ org, actorId, userId }, async ({ db, actor, target, isLastOwner }) => {
    assertMayTouch(actor, target)
    if (role === 'owner' && actor.role !== 'owner') throw new DomainError('forbidden')
    if (role === target.role) return toMember(target)
    if (isLastOwner) throw new DomainError('last_owner')
    await setRole(db, { organizationId: org.id, userId, role })
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'member.updated',
      target: `user:${userId}`,
      data: { name: target.name, from: target.role, to: role },
    })
    return toMember({ ...target, role })
  })

/** Somebody else, or oneself: then it is leaving, which everybody may but the last owner. */
export const removeMember = (actorId: string, org: OrgContext, userId: string): Promise<void> =>
  withRoles({ org, actorId, userId }, async ({ db, actor, target, isLastOwner }) => {
    if (actorId !== userId) assertMayTouch(actor, target)
    if (isLastOwner) throw new DomainError('last_owner')
    const where = { organizationId: org.id, userId }
    // First the membership: whoever assigns to a member holds it, so none of those comes after the next statement.
    await deleteMember(db, where)
    const unassigned = await unassignMember(db, { ...where, actorId })
    await deleteViewsOf(db, where)
    await revokeBeyond(db, { organizationId: org.id, inviterId: userId, role: null })
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: actorId === userId ? 'member.left' : 'member.removed',
      target: `user:${userId}`,
      data: { name: target.name, role: target.role, unassigned },
    })
  })

/** The other becomes an owner, oneself an admin. */
export const transferOrg = (actorId: string, org: OrgContext, userId: string): Promise<Org> => {
  if (userId === actorId) {
    const problems = [{ path: 'userId', message: 'Name somebody else.' }]
    throw new DomainError('validation_failed', { problems })
  }
  return withRoles({ org, actorId, userId }, async ({ db, actor, target }) => {
    if (actor.role !== 'owner') throw new DomainError('forbidden')
    await setRole(db, { organizationId: org.id, userId, role: 'owner' })
    await setRole(db, { organizationId: org.id, userId: actorId, role: 'admin' })
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'org.transferred',
      target: `user:${userId}`,
      data: { name: target.name, from: target.role },
    })
    return toOrg(org, 'admin')
  })
}

/** Runs with both people's roles held; `not_found` for whoever is no member (any more). */
function withRoles<T>(
  { org, actorId, userId }: { org: OrgContext; actorId: string; userId: string },
  change: (roles: Roles) => Promise<T>,
): Promise<T> {
  return withTransaction(useDatabase().read, async (db) => {
    if (!(await lockMembership(db, org.id))) throw new DomainError('not_found')
    const people = await listOwnersAnd(db, { organizationId: org.id, userIds: [actorId, userId] })
    const actor = people.find(({ id }) => id === actorId)
    const target = people.find(({ id }) => id === userId)
    if (!actor || !target) throw new DomainError('not_found')
    const owners = people.filter(({ role }) => role === 'owner')
    const isLastOwner = target.role === 'owner' && owners.length === 1
    return change({ db, actor, target, isLastOwner })
  })
}

/** Admins see to members and admins; owners to everybody. */
function assertMayTouch(actor: MemberRow, target: MemberRow): void {
  if (actor.role === 'member' || (target.role === 'owner' && actor.role !== 'owner')) {
    throw new DomainError('forbidden')
  }
}

/** With a role go the links that only it could give. */
async function setRole(
  db: Db,
  { organizationId, userId, role }: { organizationId: number; userId: string; role: Role },
): Promise<void> {
  await markRole(db, { organizationId, userId, role })
  await revokeBeyond(db, { organizationId, inviterId: userId, role })
}
