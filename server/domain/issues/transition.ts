// What a person may do with an issue's state. Pure: takes where the issue is and where it should go.
//
//   unresolved ── resolve ──▶ resolved     ── unresolve (or an event received later: the writer's regression) ──▶ unresolved
//   unresolved ── archive ──▶ archived     ── unresolve (or what it waits for, see below) ──▶ unresolved
//   resolved ◀── resolve / archive ──▶ archived, directly
//   archived ── archive with another end ──▶ archived
//
// An archived issue waits for one of four ends: escalating (the fold compares hours with a limit), date (a sweep), count
// (the fold that reaches it), forever. Nothing else brings it back. Without a word about the end it waits to escalate;
// one that is archived already keeps its end.
// The substatus belongs to unresolved issues only; one that a person reopens is ongoing, neither new nor regressed.
// `discarded` and `merged` are no states of this table: for people such issues do not exist.
import type { Archive, ArchiveUntil, IssueStatus } from '#shared/schemas/issue.ts'

export interface Standing {
  status: IssueStatus
  archiveUntil: ArchiveUntil | null
  archiveDate: Date | null
  archiveCount: number | null
  eventCount: number
}

export type Transition =
  | { status: 'unresolved'; substatus: 'ongoing'; archive: null }
  | { status: 'resolved'; substatus: null; archive: null }
  | { status: 'archived'; substatus: null; archive: Archive }

/** Null when the issue is there already: nothing changes, nothing is recorded, nothing is announced. */
export function transition(
  from: Standing,
  to: { status?: IssueStatus | undefined; archive?: Archive | undefined },
): Transition | null {
  if (to.archive)
    return waitsFor(from, to.archive) ? null : { status: 'archived', substatus: null, archive: to.archive }
  if (to.status === undefined || to.status === from.status) return null
  if (to.status === 'archived')
    return { status: 'archived', substatus: null, archive: { until: 'escalating' } }
  if (to.status === 'resolved') return { status: 'resolved', substatus: null, archive: null }
  return { status: 'unresolved', substatus: 'ongoing', archive: null }
}

function waitsFor(from: Standing, archive: Archive): boolean {
  if (from.status !== 'archived' || from.archiveUntil !== archive.until) return false
  if (archive.until === 'date') return from.archiveDate?.getTime() === Date.parse(archive.at)
  if (archive.until === 'count') return eventsLeft(from) === archive.events
  return true
}

/** How many more events bring it back; null when it waits for something else. */
export const eventsLeft = ({
  archiveCount,
  eventCount,
}: Pick<Standing, 'archiveCount' | 'eventCount'>): number | null =>
  archiveCount === null ? null : Math.max(0, archiveCount - eventCount)
