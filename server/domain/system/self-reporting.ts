// The switch that makes Mesher's own faults issues like any other: off until the installation's owner throws it. The
// project is made the first time, in an organisation the owner owns, and stays when it is switched off again.
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import { listOrgs } from '#server/storage/orgs/list-orgs.ts'
import {
  findSelfReporting,
  lockSelfReporting,
  markSelfReporting,
  type SelfReportingRow,
} from '#server/storage/system/self-reporting.ts'
import type { SelfReporting } from '#shared/schemas/system-status.ts'
import { DomainError } from '../errors.ts'
import { findMembership, type OrgContext } from '../orgs/find-membership.ts'
import { createProject } from '../projects/projects.ts'

const PROJECT = { name: 'Mesher itself', platform: 'node' }

export async function readSelfReporting(): Promise<SelfReporting> {
  return toSelfReporting(await findSelfReporting(useDatabase().read))
}

/** @throws DomainError validation_failed when it cannot be told in which organisation the project is to be */
export async function changeSelfReporting(
  actorId: string,
  change: { on: boolean; org?: string },
): Promise<SelfReporting> {
  await withTransaction(useDatabase().read, async (db) => {
    await lockSelfReporting(db)
    const before = await findSelfReporting(db)
    const project = await projectFor(actorId, change, before)
    await markSelfReporting(db, { on: change.on, projectId: project?.id ?? null })
    if (project)
      await insertAudit(db, {
        organizationId: project.orgId,
        actorId,
        action: change.on ? 'self_reporting.enabled' : 'self_reporting.disabled',
        target: `project:${project.id}`,
      })
  })
  return readSelfReporting()
}

async function projectFor(
  actorId: string,
  { on, org }: { on: boolean; org?: string },
  { project }: SelfReportingRow,
): Promise<{ id: number; orgId: number } | null> {
  if (!on) return project
  // One in an organisation that was left meanwhile would tell others what goes wrong here.
  if (project && (await findMembership(actorId, project.orgSlug))) return project
  const home = await ownedOrg(actorId, org)
  const { id } = await createProject(actorId, home, PROJECT)
  return { id: Number(id), orgId: home.id }
}

async function ownedOrg(actorId: string, asked: string | undefined): Promise<OrgContext> {
  if (asked !== undefined) {
    const found = await findMembership(actorId, asked)
    if (found?.org.role === 'owner') return found.org
    throw mistaken('Choose an organisation that you own.')
  }
  const owned = (await listOrgs(useDatabase().read, { userId: actorId, after: null, limit: 100 })).filter(
    ({ role }) => role === 'owner',
  )
  if (owned.length === 1) return owned[0]!
  throw mistaken(owned.length === 0 ? 'Create an organisation first.' : 'Choose one of your organisations.')
}

const mistaken = (message: string) =>
  new DomainError('validation_failed', { problems: [{ path: 'org', message }] }, message)

const toSelfReporting = ({ on, project }: SelfReportingRow): SelfReporting => ({
  on: on && project !== null,
  project: project && {
    id: String(project.id),
    slug: project.slug,
    name: project.name,
    orgSlug: project.orgSlug,
  },
})
