// What is stored of a project and of an organisation: all numbers come from the folded books (storage/storage-books), so
// they are exact and at most two seconds behind, and cost the same whatever is stored.
import { useDatabase } from '#server/storage/database.ts'
import { findProject } from '#server/storage/projects/find-project.ts'
import { findNow, findRetention } from '#server/storage/retention/periods.ts'
import {
  findDatabaseBytes,
  listLargestIssues,
  listStoredDays,
  listStoredOfOrg,
} from '#server/storage/storage-books/list-stored.ts'
import { RETENTION_DAYS } from '#shared/constants/limits.ts'
import type { OrgStorage, ProjectStorage, StoredAmount, StoredDay } from '#shared/schemas/storage.ts'
import { DomainError } from '../errors.ts'
import { isInstallationOwner } from '../accounts/installation.ts'
import { shortIdOf } from '../issues/short-id.ts'
import type { OrgContext } from '../orgs/find-membership.ts'
import { getRetention, keptSince, previewRetention } from '../retention/change-retention.ts'
import { utcDay } from '../retention/expiry.ts'
import { add, addDays, nothing } from '../retention/rule.ts'
import { project as projectOn, ratePerDay, steadySize } from './projection.ts'

const LARGEST_ISSUES = 10

export async function projectStorage(projectId: number): Promise<ProjectStorage> {
  const db = useDatabase().read
  const [project, row, now] = await Promise.all([
    findProject(db, projectId),
    findRetention(db, projectId),
    findNow(db),
  ])
  if (!project || !row) throw new DomainError('not_found')
  const today = utcDay(now)
  const [stored, issues, retention, ...changes] = await Promise.all([
    listStoredDays(db, { projectId, today, since: keptSince(row, today) }),
    listLargestIssues(db, { projectId, today, limit: LARGEST_ISSUES }),
    getRetention(projectId),
    ...RETENTION_DAYS.map((days) => previewRetention(projectId, days)),
  ])
  const days = byDay(stored)
  const firstDay = project.firstEventAt && utcDay(project.firstEventAt)
  return {
    stored: sumOf(days),
    days: zeroFilled(days, today),
    issues: issues.map((issue) => ({ ...issue, shortId: shortIdOf(project.slug, issue.issueId) })),
    retention,
    changes,
    projection: projectOn(ratePerDay(days, { today, firstDay }), {
      retentionDays: row.days,
      sampleRate: project.sampleRate,
    }),
  }
}

export async function orgStorage(org: OrgContext, userId: string | null): Promise<OrgStorage> {
  const db = useDatabase().read
  const today = utcDay(await findNow(db))
  const [rows, isOwner] = await Promise.all([
    listStoredOfOrg(db, { organizationId: org.id, today }),
    userId === null ? false : isInstallationOwner(userId),
  ])
  const projects = rows.map(({ projectId, slug, name, retentionDays, firstEventAt, days }) => {
    const rate = ratePerDay(days, { today, firstDay: firstEventAt && utcDay(firstEventAt) })
    return {
      ...{ id: String(projectId), slug, name },
      retentionDays: retentionDays as OrgStorage['projects'][number]['retentionDays'], // a CHECK of the table keeps it to these
      ...sumOf(days),
      perDay: rate && rate.perDay,
      projected: rate && steadySize(rate.perDay, retentionDays),
    }
  })
  const projected = projects.flatMap((project) => project.projected ?? [])
  const days = byDay(rows.flatMap((row) => row.days))
  return {
    stored: sumOf(days),
    days: zeroFilled(days, today),
    projects: projects.sort((a, b) => b.bytes - a.bytes || (a.slug < b.slug ? -1 : 1)),
    projected: projected.length > 0 ? sumOf(projected) : null,
    databaseBytes: isOwner ? await findDatabaseBytes(db) : null,
  }
}

interface ReceivedDay extends StoredAmount {
  receivedOn: string
}

/** One for each day of receiving, oldest first. */
function byDay(rows: readonly ReceivedDay[]): ReceivedDay[] {
  const days = new Map<string, StoredAmount>()
  for (const row of rows) {
    const day = days.get(row.receivedOn) ?? nothing()
    add(day, row)
    days.set(row.receivedOn, day)
  }
  return [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([receivedOn, amount]) => ({ receivedOn, ...amount }))
}

function zeroFilled(days: readonly ReceivedDay[], today: string): StoredDay[] {
  const known = new Map(days.map((day) => [day.receivedOn, day]))
  const filled: StoredDay[] = []
  for (let day = days[0]?.receivedOn ?? today; day <= today; day = addDays(day, 1)) {
    const { events, bytes } = known.get(day) ?? nothing()
    filled.push({ day, events, bytes })
  }
  return filled
}

function sumOf(amounts: readonly StoredAmount[]): StoredAmount {
  const sum = nothing()
  for (const amount of amounts) add(sum, amount)
  return sum
}
