// Undoes what somebody did to many issues at once (change-issues.ts): each gets its own state of before again. What
// changed since, by whom or what ever, is left as it is and named. In steps of a bounded number, like the change; a step
// takes its rows out of the operation, so one that is asked for twice goes on where the first ended.
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import { findAssignees, type Assignee } from '#server/storage/issues/find-assignees.ts'
import { findIssueNames } from '#server/storage/issues/find-issue-names.ts'
import type { HeldIssue } from '#server/storage/issues/issue-state.ts'
import { lockIssues } from '#server/storage/issues/lock-issues.ts'
import { markStates, type NewActivity, type StateChange } from '#server/storage/issues/mark-states.ts'
import {
  lockOperation,
  markOperationUndone,
  takeOperationRows,
  type OperationRow,
  type StoredState,
} from '#server/storage/issues/operations.ts'
import { BULK_STEP, type UndoneIssues } from '#shared/schemas/issue.ts'
import { DomainError } from '../errors.ts'
import { readCursor, writeCursor } from '../search/cursor.ts'
import { assignment } from './apply-change.ts'
import { shortIdOf, type ProjectRef } from './short-id.ts'

export function undoChange(
  project: ProjectRef,
  { operationId, cursor }: { operationId: string; cursor?: string | undefined },
  actorId: string,
): Promise<UndoneIssues> {
  const scope = { list: 'undo-issues', project: project.id, operation: operationId }
  if (cursor !== undefined) readCursor(scope, cursor)
  return withTransaction(useDatabase().read, async (db) => {
    const operation = await lockOperation(db, project.id, operationId)
    // Somebody else's is none of ours; what is gone for good has no state to give back.
    if (operation?.actorId !== actorId || operation.action !== 'change') throw new DomainError('not_found')
    if (operation.undoneAt) throw new DomainError('conflict')
    const rows = await takeOperationRows(db, project.id, operationId, BULK_STEP)
    const people = await peopleOf(db, project, rows)
    const unchanged = await unchangedOf(db, project, rows)
    await restore(db, project, unchanged, { people, actorId })
    const skipped = await namesOf(
      db,
      project,
      rows.filter(({ issueId }) => !unchanged.some(({ issue }) => issue.id === issueId)),
    )
    const more = rows.length === BULK_STEP
    if (!more) await markOperationUndone(db, project.id, operationId)
    const place = { upwards: true, value: rows.at(-1)?.issueId ?? '0', id: '0', startedAt: Date.now() }
    return { restored: unchanged.length, skipped, nextCursor: more ? writeCursor(scope, place) : null }
  })
}

interface Unchanged {
  issue: HeldIssue
  before: StoredState
}

/** Those that are as the operation left them, and held from here on. */
async function unchangedOf(db: Db, project: ProjectRef, rows: readonly OperationRow[]): Promise<Unchanged[]> {
  const byId = new Map(rows.map((row) => [row.issueId, row]))
  const issues = await lockIssues(db, project.id, [...byId.keys()])
  return issues.flatMap((issue) => {
    const { before, versionAfter } = byId.get(issue.id)!
    return issue.version === versionAfter ? [{ issue, before }] : []
  })
}

/** Who was assigned before and is still a member; held before the issues are, as by everybody. */
async function peopleOf(
  db: Db,
  project: ProjectRef,
  rows: readonly OperationRow[],
): Promise<Map<string, Assignee>> {
  const ids = new Set(rows.flatMap(({ before }) => before.assigneeId ?? []))
  const found = ids.size === 0 ? [] : await findAssignees(db, project.id, [...ids])
  return new Map(found.map((person) => [person.id, person]))
}

async function restore(
  db: Db,
  project: ProjectRef,
  issues: readonly Unchanged[],
  { people, actorId }: { people: ReadonlyMap<string, Assignee>; actorId: string },
): Promise<void> {
  const states: StateChange[] = []
  const activities: NewActivity[] = []
  for (const { issue, before } of issues) {
    // Who has left meanwhile is assigned nothing.
    const assignee = (before.assigneeId !== null && people.get(before.assigneeId)) || null
    states.push({
      ...before,
      id: issue.id,
      resolvedAt: time(before.resolvedAt),
      archivedAt: time(before.archivedAt),
      archiveDate: time(before.archiveDate),
      assigneeId: assignee?.id ?? null,
    })
    const reason = { reason: 'undo' }
    if (differs(issue, before)) {
      const { archiveUntil: until, archiveDate: at } = before
      const data = { ...reason, ...(until ? { until, at, events: null } : {}) }
      activities.push({ issueId: issue.id, kind: before.status, data })
    }
    const assigned = assignment(issue, assignee, reason)
    if (assigned) activities.push(assigned)
  }
  if (states.length > 0) await markStates(db, project.id, actorId, states, activities)
}

const time = (text: string | null) => (text === null ? null : new Date(text))

const differs = (issue: HeldIssue, before: StoredState): boolean =>
  issue.status !== before.status ||
  issue.archiveUntil !== before.archiveUntil ||
  issue.archiveCount !== before.archiveCount ||
  (issue.archiveDate?.toISOString() ?? null) !== before.archiveDate

/** As they are called and stand now; those that are gone, as they were called. */
async function namesOf(
  db: Db,
  project: ProjectRef,
  rows: readonly OperationRow[],
): Promise<UndoneIssues['skipped']> {
  if (rows.length === 0) return []
  const ids = rows.map(({ issueId }) => issueId)
  const names = new Map((await findIssueNames(db, project.id, ids)).map((name) => [name.id, name]))
  return rows.map(({ issueId: id, before: { title } }) => ({
    ...(names.get(id) ?? { id, title, status: 'deleted' as const }),
    shortId: shortIdOf(project.slug, id),
  }))
}
