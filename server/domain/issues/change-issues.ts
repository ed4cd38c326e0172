// Changes many issues: those named, or all that match what the list was filtered by, in steps of a bounded number. A
// step is one transaction of a constant number of statements that holds its issues in the order of their ids, as
// everybody does who holds several. All steps of one operation are remembered together, with the state of each issue
// before, for a day (undo-change.ts).
//
// A walk over what matches goes by id, up to the highest there was at its first step, and keeps that step's time: it
// ends although issues arrive, and skips none although changing them takes them out of what matches.
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import { lockRegrouping } from '#server/storage/groups/lock-regrouping.ts'
import type { HeldIssue } from '#server/storage/issues/issue-state.ts'
import { lockIssues } from '#server/storage/issues/lock-issues.ts'
import {
  countMatchingIssues,
  findHighestIssueId,
  lockMatchingIssues,
} from '#server/storage/issues/lock-matching-issues.ts'
import {
  insertOperation,
  insertOperationRows,
  lockOperation,
  type Operation,
} from '#server/storage/issues/operations.ts'
import { BULK_STEP, type UpdatedIssues, type updateIssues } from '#shared/schemas/issue.ts'
import { DomainError } from '../errors.ts'
import { readCursor, writeCursor, type Cursor, type CursorScope } from '../search/cursor.ts'
import { applyChange, knownChange, type Changed, type KnownChange } from './apply-change.ts'
import { filterOf } from './issue-filter.ts'
import { deleteIssues, discardIssues } from './remove-issues.ts'
import { issueIdOf, type ProjectRef } from './short-id.ts'

type Request = z.output<typeof updateIssues>
/** Beyond this many nobody reads the exact number. */
const COUNTED = 10_000

export function changeIssues(project: ProjectRef, request: Request, actorId: string): Promise<UpdatedIssues> {
  const operationId = request.operationId ?? randomUUID()
  const walk = { scope: scopeOf(project, operationId, request), actorId }
  const cursor = request.cursor === undefined ? null : readCursor(walk.scope, request.cursor)
  return withTransaction(useDatabase().read, async (db) => {
    await join(db, project, { ...request, operationId }, actorId)
    // Before any issue is held.
    if (actionOf(request) !== 'change') await lockRegrouping(db, project.id)
    const known = await knownChange(db, project.id, request.change)
    const { issues, nextCursor, total } = request.ids
      ? await named(db, project, request.ids)
      : await matching(db, project, request, { ...walk, cursor })
    const changed = await change(db, project, issues, { operationId, wanted: request.change, known }, actorId)
    return { operationId, changed, unchanged: issues.length - changed, nextCursor, total }
  })
}

/** The cursor of one walk is no use in another: other filters, another change, another operation. */
const scopeOf = (
  project: ProjectRef,
  operation: string,
  { query, change: wanted }: Request,
): CursorScope => ({
  list: 'change-issues',
  project: project.id,
  operation,
  query: JSON.stringify(query),
  change: JSON.stringify(wanted),
})

const actionOf = ({ change: wanted }: Request): Operation['action'] =>
  wanted.delete ? 'delete' : wanted.discard ? 'discard' : 'change'

/** Begins the operation, or goes on with it: whose it is, and what it does, stays. */
async function join(
  db: Db,
  project: ProjectRef,
  request: Request & { operationId: string },
  actorId: string,
): Promise<void> {
  const { operationId: id, change: data } = request
  const action = actionOf(request)
  if (await insertOperation(db, { projectId: project.id, id, actorId, action, data })) return
  const known = await lockOperation(db, project.id, id)
  if (known?.actorId !== actorId) throw new DomainError('not_found')
  if (known.undoneAt || known.action !== action) throw new DomainError('conflict')
}

interface Step {
  issues: HeldIssue[]
  nextCursor: string | null
  total: number | null
}

/** One id that is not there, or somebody else's, and nothing happens to any. */
async function named(db: Db, project: ProjectRef, references: readonly string[]): Promise<Step> {
  const ids = new Set<string>()
  for (const reference of references) {
    const id = issueIdOf(project.slug, reference)
    if (id === null) throw new DomainError('not_found')
    ids.add(BigInt(id).toString())
  }
  const issues = await lockIssues(db, project.id, [...ids])
  if (issues.length < ids.size) throw new DomainError('not_found')
  return { issues, nextCursor: null, total: issues.length }
}

async function matching(
  db: Db,
  project: ProjectRef,
  { query }: Request,
  { scope, cursor, actorId }: { scope: CursorScope; cursor: Cursor | null; actorId: string },
): Promise<Step> {
  const startedAt = cursor?.startedAt ?? Date.now()
  const { filter } = await filterOf(db, project.id, query!, actorId, new Date(startedAt)) // the schema asks for ids or a query
  const upTo = cursor?.id ?? (await findHighestIssueId(db, project.id))
  const total = cursor ? null : await countMatchingIssues(db, filter, COUNTED)
  const issues = await lockMatchingIssues(db, filter, { after: String(cursor?.value ?? 0), upTo }, BULK_STEP)
  const last = issues.at(-1)
  return {
    issues,
    nextCursor:
      last && issues.length === BULK_STEP
        ? writeCursor(scope, { upwards: true, value: last.id, id: upTo, startedAt })
        : null,
    total,
  }
}

/** @returns how many became something else */
async function change(
  db: Db,
  project: ProjectRef,
  issues: readonly HeldIssue[],
  { operationId, wanted, known }: { operationId: string; wanted: Request['change']; known: KnownChange },
  actorId: string,
): Promise<number> {
  const ids = issues.map(({ id }) => id)
  if (wanted.delete) return (await deleteIssues(db, project, ids, actorId)).length
  if (wanted.discard) return (await discardIssues(db, project, ids, actorId)).length
  const changed = await applyChange(db, project.id, issues, known, actorId)
  if (changed.length > 0) await insertOperationRows(db, project.id, operationId, changed.map(rowOf))
  return changed.length
}

function rowOf({ before, version }: Changed) {
  const { id: issueId, eventCount: _, version: __, assigneeName: ___, ...state } = before
  const text = (time: Date | null) => time && time.toISOString()
  return {
    issueId,
    versionAfter: version,
    before: {
      ...state,
      resolvedAt: text(state.resolvedAt),
      archivedAt: text(state.archivedAt),
      archiveDate: text(state.archiveDate),
    },
  }
}
