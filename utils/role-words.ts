// Roles as people read them, and which of them somebody may give.
import type { Role } from '#shared/schemas/org'

export const ROLE_NAMES: Record<Role, string> = { member: 'Member', admin: 'Admin', owner: 'Owner' }

export const ROLE_MEANINGS: Record<Role, string> = {
  member: 'Reads everything, triages issues',
  admin: 'Also manages projects, keys and people',
  owner: 'Everything, including the organisation itself',
}

/** What somebody of this role may make others: nothing above their own, and members nobody. */
export const rolesToGive = (own: Role): Role[] =>
  own === 'owner' ? ['member', 'admin', 'owner'] : own === 'admin' ? ['member', 'admin'] : []
