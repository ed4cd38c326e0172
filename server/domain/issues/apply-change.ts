// Changes issues that the caller's transaction holds: one or five hundred by the same few statements. In: what is asked
// for, and the issues as they are; out: those that became something else, as they were, with their version now. The new
// state, the history and the news are one statement. Issues that are so already are left alone.
import type { Db } from '#server/storage/database.ts'
import { countUnfolded, type Unfolded } from '#server/storage/issues/count-unfolded.ts'
import { findAssignees, type Assignee } from '#server/storage/issues/find-assignees.ts'
import type { HeldIssue } from '#server/storage/issues/issue-state.ts'
import { markStates, type NewActivity, type StateChange } from '#server/storage/issues/mark-states.ts'
import type { Archive, IssueChange } from '#shared/schemas/issue.ts'
import { DomainError } from '../errors.ts'
import { transition, type Transition } from './transition.ts'

/** What is asked for, with the one to assign to known as a member. */
export interface KnownChange extends Pick<IssueChange, 'status' | 'archive'> {
  assignee?: Assignee | null | undefined
}
export interface Changed {
  before: HeldIssue
  version: number
}

/**
 * Asked before issues are held: whoever leaves the organisation lets go of the membership first and then of issues, and
 * so do we. Throws when the one to assign to is no member.
 */
export async function knownChange(
  db: Db,
  projectId: number,
  { status, archive, assigneeId }: IssueChange,
): Promise<KnownChange> {
  if (assigneeId === undefined || assigneeId === null) return { status, archive, assignee: assigneeId }
  const [assignee] = await findAssignees(db, projectId, [assigneeId])
  if (assignee) return { status, archive, assignee }
  const message = 'is no member of this organisation'
  throw new DomainError(
    'validation_failed',
    { problems: [{ path: 'assigneeId', message }] },
    `assigneeId: ${message}`,
  )
}

export async function applyChange(
  db: Db,
  projectId: number,
  issues: readonly HeldIssue[],
  change: KnownChange,
  actorId: string,
): Promise<Changed[]> {
  const moves = new Map(issues.map((issue) => [issue.id, transition(issue, change)]))
  const unfolded = await countsOf(db, projectId, moves)
  const states: StateChange[] = []
  const activities: NewActivity[] = []
  for (const issue of issues) {
    const move = moves.get(issue.id) ?? null
    const assignee = change.assignee === undefined ? assigneeOf(issue) : change.assignee
    const assigned = assignment(issue, assignee)
    if (!move && !assigned) continue
    const state = move ? stateAfter(issue, move, unfolded.get(issue.id)) : issue
    states.push({ ...state, assigneeId: assignee?.id ?? null })
    if (move) activities.push({ issueId: issue.id, kind: move.status, data: dataOf(move.archive) })
    if (assigned) activities.push(assigned)
  }
  if (states.length === 0) return []
  const versions = await markStates(db, projectId, actorId, states, activities)
  return issues
    .filter(({ id }) => versions.has(id))
    .map((before) => ({ before, version: versions.get(before.id)! }))
}

const assigneeOf = ({ assigneeId, assigneeName }: HeldIssue): Assignee | null =>
  assigneeId === null ? null : { id: assigneeId, name: assigneeName ?? '' }

/** What the history says of another assignee; null when it stays the same one. */
export function assignment(issue: HeldIssue, to: Assignee | null, more: object = {}): NewActivity | null {
  if ((to?.id ?? null) === issue.assigneeId) return null
  const data = { ...more, assignee: to ?? assigneeOf(issue) }
  return { issueId: issue.id, kind: to ? 'assigned' : 'unassigned', data }
}

/** Only what waits for a number of events, or compares them, needs to know how many there are. */
async function countsOf(
  db: Db,
  projectId: number,
  moves: ReadonlyMap<string, Transition | null>,
): Promise<Map<string, Unfolded>> {
  const counted = [...moves].filter(([, move]) => /^(count|escalating)$/.test(move?.archive?.until ?? ''))
  return counted.length === 0
    ? new Map()
    : countUnfolded(
        db,
        projectId,
        counted.map(([id]) => id),
      )
}

function stateAfter(issue: HeldIssue, { status, substatus, archive }: Transition, counts?: Unfolded) {
  return {
    ...issue,
    status,
    substatus,
    resolvedAt: null,
    archiveUntil: archive?.until ?? null,
    archivedAt: archive ? (counts?.at ?? null) : null,
    archiveDate: archive?.until === 'date' ? new Date(archive.at) : null,
    archiveCount:
      archive?.until === 'count' ? issue.eventCount + (counts?.unfolded ?? 0) + archive.events : null,
    archiveHourCount: archive?.until === 'escalating' ? (counts?.hour ?? 0) : null,
  }
}

const dataOf = (archive: Archive | null): object => (archive ? { at: null, events: null, ...archive } : {})
