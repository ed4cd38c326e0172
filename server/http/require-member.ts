// The one place that decides about tenancy: actor, organisation and project belong together, or the object does not
// exist for this actor. Doors never look up an organisation or a project by themselves.
import { findMembership, findProjectMembership } from '#server/domain/orgs/find-membership.ts'
import type { OrgContext, ProjectContext } from '#server/domain/orgs/find-membership.ts'
import { isInstallationOwner } from '#server/domain/accounts/installation.ts'
import { DomainError } from '#server/domain/errors.ts'
import { ROLES, type Role } from '#shared/schemas/org.ts'
import type { Actor } from './authenticate.ts'

export type { OrgContext, ProjectContext }

/** `org` is the slug, `project` the decimal id of the route; a route below a project is proved by the project. */
export async function proveMember(
  actor: Actor,
  { org, project }: { org?: string; project?: string },
  needed: Role,
): Promise<{ org: OrgContext; project?: ProjectContext }> {
  if (org === undefined && project === undefined) throw new Error('A member door needs [org] or [project].')
  const proof =
    project !== undefined
      ? await findProjectMembership(actor.userId, project)
      : await findMembership(actor.userId, org!) // one of the two is there, as checked above
  if (!proof || (org !== undefined && proof.org.slug !== org)) throw new DomainError('not_found')
  if (ROLES.indexOf(proof.org.role) < ROLES.indexOf(needed)) throw new DomainError('forbidden')
  return proof
}

export async function proveInstallationOwner(actor: Actor): Promise<void> {
  // The system pages are no secret: a signed-in stranger is told that he may not, not that they are absent.
  if (!(await isInstallationOwner(actor.userId))) throw new DomainError('forbidden')
}
