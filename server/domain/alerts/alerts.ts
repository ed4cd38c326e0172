// Alerts as their readers see them: the inbox of an organisation, the list of a project, and what people do about one.
import {
  listAlerts,
  countAlerts,
  type AlertFilter,
  type AlertRecord,
  type Reader,
} from '#server/storage/alerts/list-alerts.ts'
import { lockAlert, markAlertState } from '#server/storage/alerts/mark-alert-state.ts'
import { markAlertsRead } from '#server/storage/alerts/mark-alerts-read.ts'
import { listOrgProjects } from '#server/storage/dashboard/list-org-projects.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import type { Alert, AlertsPage, AlertsQuery, AlertState } from '#shared/schemas/alert.ts'
import { DomainError } from '../errors.ts'
import { shortIdOf } from '../issues/short-id.ts'
import type { OrgContext, ProjectContext } from '../orgs/find-membership.ts'
import { readForwardPage } from '../orgs/forward-page.ts'
import { readCursor, writeCursor } from '../search/cursor.ts'
import { triggerOf } from './trigger.ts'

/** More is said as 1,000+. */
const EXACT = 1_000
/** More projects than this nobody has in one inbox. */
const MOST_PROJECTS = 1_000

/** The inbox: all projects of the organisation, or one. */
export async function pageOrgAlerts(
  userId: string,
  org: OrgContext,
  { project, ...query }: AlertsQuery & { project?: string },
): Promise<AlertsPage> {
  const ids = (await listOrgProjects(useDatabase().read, org.id, MOST_PROJECTS)).map(({ id }) => id)
  const asked = project === undefined ? ids : ids.filter((id) => String(id) === project)
  if (project !== undefined && asked.length === 0) throw new DomainError('not_found')
  return page({ organizationId: org.id, userId }, asked, { ...query, scope: project ?? 'all' })
}

export const pageProjectAlerts = (
  userId: string,
  { org, project }: { org: OrgContext; project: ProjectContext },
  query: AlertsQuery,
): Promise<AlertsPage> =>
  page({ organizationId: org.id, userId }, [project.id], { ...query, scope: String(project.id) })

async function page(
  reader: Reader,
  projectIds: readonly number[],
  { scope, state, rule, issue, cursor, limit }: AlertsQuery & { scope: string },
): Promise<AlertsPage> {
  const db = useDatabase().read
  const filter: AlertFilter = {
    projectIds,
    states: state === undefined ? null : state === 'open' ? ['active', 'acknowledged'] : [state],
    ruleId: rule ?? null,
    issueId: issue ?? null,
    id: null,
  }
  const { organizationId: org } = reader
  // Before the rows: what comes in between is in the rows, and still unread.
  const { snapshot, at, ...counts } = await countAlerts(db, reader, projectIds, EXACT + 1)
  const { data, nextCursor } = await readForwardPage({
    scope: { list: 'alerts', project: 0, org, of: scope, state, rule, issue },
    cursor,
    limit,
    placeOf: ({ id }: AlertRecord) => ({ value: id, id }),
    read: (after, n) => listAlerts(db, reader, filter, { before: after?.id ?? null, limit: n }),
  })
  return { data: data.map(toAlert), nextCursor, counts, readMark: toMark(org, { snapshot, at }) }
}

/** @param mark of an answer of the list; without, everything until now */
export async function readAlerts(userId: string, org: OrgContext, mark?: string): Promise<void> {
  const seen = mark === undefined ? null : fromMark(org.id, mark)
  await markAlertsRead(useDatabase().read, { organizationId: org.id, userId }, seen)
}

/** What is resolved stays so: another cause makes another alert. */
export async function changeAlert(
  userId: string,
  { org, project }: { org: OrgContext; project: ProjectContext },
  { id, state }: { id: string; state: AlertState },
): Promise<Alert> {
  return withTransaction(useDatabase().read, async (db) => {
    const before = await lockAlert(db, project.id, id)
    if (before === null) throw new DomainError('not_found')
    if (before === 'resolved' && state !== 'resolved')
      throw new DomainError('conflict', undefined, 'It is resolved: another cause makes another alert.')
    if (before !== state) await markAlertState(db, { projectId: project.id, id, state, actorId: userId })
    const filter = { projectIds: [project.id], states: null, ruleId: null, issueId: null, id }
    const [alert] = await listAlerts(db, { organizationId: org.id, userId }, filter, {
      before: null,
      limit: 1,
    })
    return toAlert(alert!) // held above
  })
}

const markScope = (org: number) => ({ list: 'alerts-read', project: 0, org })

const toMark = (org: number, { snapshot, at }: { snapshot: string; at: Date }): string =>
  writeCursor(markScope(org), { upwards: false, value: snapshot, id: at.toISOString(), startedAt: 0 })

/** @throws DomainError invalid_cursor */
function fromMark(org: number, mark: string): { snapshot: string; at: string } {
  const { value, id } = readCursor(markScope(org), mark)
  return { snapshot: String(value), at: id }
}

function toAlert(row: AlertRecord): Alert {
  const { trigger, rule, ruleId, issueId, cause } = row
  const { issueTitle, ...known } = cause
  return {
    id: row.id,
    project: { id: String(row.projectId), slug: row.projectSlug, name: row.projectName },
    rule:
      trigger === 'flood'
        ? null
        : {
            id: String(ruleId),
            name: rule.name,
            trigger: triggerOf({ ...rule, trigger }),
            filters: rule.filters,
            cooldownMinutes: rule.cooldownMinutes,
          },
    issue:
      issueId === '0'
        ? null
        : {
            id: issueId,
            shortId: shortIdOf(row.projectSlug, issueId),
            title: row.issueTitle ?? issueTitle ?? '',
          },
    state: row.state,
    count: row.count,
    cause: known,
    createdAt: row.createdAt.toISOString(),
    lastAt: row.lastAt.toISOString(),
    acknowledgedAt: row.acknowledgedAt?.toISOString() ?? null,
    acknowledgedBy: row.acknowledgedBy,
    resolvedAt: row.resolvedAt?.toISOString() ?? null,
    resolvedBy: row.resolvedBy,
    resolvedReason: row.resolvedReason,
    unread: row.unread,
  }
}
