// The one place that decides who may: actor, organisation and project belong together, or the object does not exist
// for this actor; the role is high enough; and a token has the scope the door names. Doors never look up an
// organisation or a project by themselves.
import { findMembership, findProjectMembership } from '#server/domain/orgs/find-membership.ts'
import type { OrgContext, ProjectContext } from '#server/domain/orgs/find-membership.ts'
import { isInstallationOwner } from '#server/domain/accounts/installation.ts'
import { DomainError } from '#server/domain/errors.ts'
import { ROLES, type Role } from '#shared/schemas/org.ts'
import { SCOPES_OF_ROLE, type Scope } from '#shared/schemas/token.ts'
import type { Actor, TokenActor } from './authenticate.ts'

export type { OrgContext, ProjectContext }

/** What a door below an organisation asks: at least this role; of tokens this scope, too. */
export interface Needed {
  role: Role
  /** Absent: no token may. */
  scope?: Scope
}

/** `org` is the slug, `project` the decimal id of the route; a route below a project is proved by the project. */
export async function proveMember(
  actor: Actor,
  { org, project }: { org?: string; project?: string },
  needed: Needed,
): Promise<{ org: OrgContext; project?: ProjectContext }> {
  if (org === undefined && project === undefined) throw new Error('A member door needs [org] or [project].')
  // A token asks as its creator: the role is the creator's of this moment, and without one nothing is there.
  const proof =
    project !== undefined
      ? await findProjectMembership(actor.userId, project)
      : await findMembership(actor.userId, org!) // one of the two is there, as checked above
  if (!proof || (org !== undefined && proof.org.slug !== org)) throw new DomainError('not_found')
  proveStanding(actor, proof.org, needed)
  return proof
}

/** What the actor may, by what is known of his place in the organisation; null: he has none there. */
export function proveStanding(
  actor: Actor,
  org: Pick<OrgContext, 'id' | 'role'> | null,
  needed: Needed,
): void {
  // Its creator's other organisations are none of a token's business.
  if (!org || (actor.kind === 'token' && actor.organizationId !== org.id)) throw new DomainError('not_found')
  if (ROLES.indexOf(org.role) < ROLES.indexOf(needed.role)) throw new DomainError('forbidden')
  if (actor.kind === 'token') proveScope(actor, needed.scope, org.role)
}

/** For doors that find out later about what: a token without the scope may not even ask. */
export function proveTokenScope(actor: Actor, scope: Scope): void {
  if (actor.kind === 'token' && !actor.scopes.includes(scope)) throw lacksScope(scope)
}

const lacksScope = (scope: Scope) =>
  new DomainError('forbidden', { scope }, `The API token lacks the scope ${scope}`)

function proveScope({ scopes }: TokenActor, scope: Scope | undefined, role: Role): void {
  if (!scope) throw notForTokens()
  if (!scopes.includes(scope)) throw lacksScope(scope)
  if (!SCOPES_OF_ROLE[role].includes(scope))
    throw new DomainError(
      'forbidden',
      { scope },
      `Who made the API token may no longer do what ${scope} allows`,
    )
}

/** For doors beside the organisations: accounts, the system. */
export function provePerson(actor: Actor): void {
  if (actor.kind === 'token') throw notForTokens()
}

export async function proveInstallationOwner(actor: Actor): Promise<void> {
  // The system pages are no secret: a signed-in stranger is told that he may not, not that they are absent.
  if (!(await isInstallationOwner(actor.userId))) throw new DomainError('forbidden')
}

const notForTokens = () => new DomainError('forbidden', undefined, 'This is not for API tokens: sign in')
