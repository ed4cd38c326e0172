// What a person may do with an issue's state. Pure: takes where the issue is and where it should go.
//
//   unresolved ── resolve ──▶ resolved     ── unresolve (or an event received later: the writer's regression) ──▶ unresolved
//   unresolved ── archive ──▶ archived     ── unresolve ──▶ unresolved
//   resolved ◀── resolve / archive ──▶ archived, directly
//
// The substatus belongs to unresolved issues only; one that a person reopens is ongoing, neither new nor regressed.
import type { IssueStatus } from '#shared/schemas/issue.ts'

export interface Transition {
  status: IssueStatus
  substatus: 'ongoing' | null
  /** What the history says, which is also what was done. */
  activity: 'resolved' | 'unresolved' | 'archived'
}

const TRANSITIONS: Record<IssueStatus, Transition> = {
  unresolved: { status: 'unresolved', substatus: 'ongoing', activity: 'unresolved' },
  resolved: { status: 'resolved', substatus: null, activity: 'resolved' },
  archived: { status: 'archived', substatus: null, activity: 'archived' },
}

/** Null when the issue is there already: nothing changes, nothing is recorded, nothing is announced. */
export const transition = (from: IssueStatus, to: IssueStatus): Transition | null =>
  from === to ? null : TRANSITIONS[to]
