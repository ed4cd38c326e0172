// Projects: each begins with a key, so that there is a DSN to paste at once. Membership was proved at the door; the
// contexts that come in are that proof.
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import { findProject } from '#server/storage/projects/find-project.ts'
import { insertProject } from '#server/storage/projects/insert-project.ts'
import { listProjects, type ProjectListRow } from '#server/storage/projects/list-projects.ts'
import { markProject } from '#server/storage/projects/mark-project.ts'
import { insertKey } from '#server/storage/projects/project-keys.ts'
import type { ProjectRow as StoredProject } from '#server/storage/projects/project-row.ts'
import { RESERVED_PROJECT_SLUGS } from '#shared/constants/reserved-slugs.ts'
import type { Project, ProjectDetail, ProjectRow, ScrubSettings } from '#shared/schemas/project.ts'
import { DomainError } from '../errors.ts'
import type { OrgContext, ProjectContext } from '../orgs/find-membership.ts'
import { readForwardPage, type ForwardPage } from '../orgs/forward-page.ts'
import { insertUnderShortName } from '../orgs/short-name.ts'
import { changeRetention, periodsOf } from '../retention/change-retention.ts'
import { utcDay } from '../retention/expiry.ts'
import { retainedSince } from '../retention/rule.ts'
import { dsnOf, newPublicKey } from './dsn.ts'
import { readScrubSettings } from './scrub-settings.ts'

export async function pageProjects(
  org: OrgContext,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<ForwardPage<ProjectRow>> {
  const page = await readForwardPage({
    scope: { list: 'projects', project: 0, org: org.id },
    cursor,
    limit,
    read: (after, n) =>
      listProjects(useDatabase().read, { organizationId: org.id, after: after?.value ?? null, limit: n }),
    placeOf: ({ slug, id }) => ({ value: slug, id: String(id) }),
  })
  return { ...page, data: page.data.map(toProjectRow) }
}

export async function getProject(projectId: number): Promise<ProjectDetail> {
  const row = await findProject(useDatabase().read, projectId)
  if (!row) throw new DomainError('not_found')
  return toProject(row)
}

export async function createProject(
  actorId: string | null,
  org: OrgContext,
  input: { name: string; platform: string; slug?: string },
): Promise<Project> {
  const id = await withTransaction(useDatabase().read, async (db) => {
    const { name, platform } = input
    const project = await insertUnderShortName({
      asked: input.slug,
      name,
      fallback: 'project',
      reserved: RESERVED_PROJECT_SLUGS,
      insert: (slug) => insertProject(db, { organizationId: org.id, slug, name, platform }),
    })
    await insertKey(db, { projectId: project.id, publicKey: newPublicKey(), label: 'Default' })
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'project.created',
      target: `project:${project.id}`,
      data: { name, platform, slug: project.slug },
    })
    return project.id
  })
  return getProject(id)
}

export async function updateProject(
  actorId: string,
  { org, project }: { org: OrgContext; project: ProjectContext },
  change: {
    name?: string
    platform?: string
    rateLimitPerMinute?: number
    newIssuesPerHour?: number
    sampleRate?: number
    retentionDays?: number
    scrub?: Partial<ScrubSettings>
  },
): Promise<ProjectDetail> {
  await withTransaction(useDatabase().read, async (db) => {
    const { retentionDays, ...settings } = change
    await markProject(db, { id: project.id, ...settings })
    if (retentionDays !== undefined) await changeRetention(db, project.id, retentionDays)
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'project.updated',
      target: `project:${project.id}`,
      data: { ...change },
    })
  })
  return getProject(project.id)
}

function toProject(row: StoredProject): ProjectDetail {
  return {
    id: String(row.id),
    orgSlug: row.orgSlug,
    slug: row.slug,
    name: row.name,
    platform: row.platform,
    dsn: row.publicKey && dsnOf({ publicKey: row.publicKey, projectId: row.id }),
    retentionDays: row.retentionDays as Project['retentionDays'], // a CHECK of the table keeps it to these
    keptSince: retainedSince(
      periodsOf({ days: row.retentionDays, periods: row.periods }),
      utcDay(new Date()),
    ),
    rateLimitPerMinute: row.rateLimitPerMinute,
    newIssuesPerHour: row.newIssuesPerHour,
    sampleRate: row.sampleRate,
    scrub: readScrubSettings(row.scrub),
    firstEventAt: row.firstEventAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  }
}

const toProjectRow = (row: ProjectListRow): ProjectRow => ({
  ...toProject(row),
  hourly: row.hourly,
  unresolvedCount: row.unresolvedCount,
})
