// Changes of issues as the API takes them, and their way back. Pure: the composables send them.
import type { Archive, Issue, IssueStatus } from '#shared/schemas/issue.ts'

/** What is changed: `PATCH`'s body without the version, and `change` of a change of many. */
export interface IssueChange {
  status?: IssueStatus
  archive?: Archive
  assigneeId?: string | null
}

export type IssueStanding = Pick<Issue, 'status' | 'archive' | 'assignee'>

/** The archive as it would be asked for again; what is over by now (a day that passed) waits for escalation. */
function archiveAgain(archive: Issue['archive'], now: number): Archive {
  if (archive?.until === 'forever') return { until: 'forever' }
  if (archive?.until === 'date' && archive.at && Date.parse(archive.at) > now)
    return { until: 'date', at: archive.at }
  if (archive?.until === 'count' && archive.events && archive.events > 0)
    return { until: 'count', events: archive.events }
  return { until: 'escalating' }
}

/** What brings an issue back to where it was before `change`. */
export function changeBack(before: IssueStanding, change: IssueChange, now: number): IssueChange {
  const back: IssueChange = {}
  if (change.status || change.archive) {
    // An issue that is archived in the plainest way needs no word about it.
    const again = before.status === 'archived' ? archiveAgain(before.archive, now) : undefined
    if (again && again.until !== 'escalating') back.archive = again
    else back.status = before.status
  }
  if (change.assigneeId !== undefined) back.assigneeId = before.assignee?.id ?? null
  return back
}

const statusOf = (change: IssueChange): IssueStatus | undefined =>
  change.archive ? 'archived' : change.status

/** True when the issue is there already: nothing needs to be asked. */
export function isChanged(issue: IssueStanding, change: IssueChange): boolean {
  const status = statusOf(change)
  const otherStatus = status !== undefined && status !== issue.status
  const otherArchive =
    change.archive !== undefined && (issue.archive?.until ?? 'escalating') !== change.archive.until
  const sameKindAgain = change.archive?.until === 'date' || change.archive?.until === 'count'
  const otherAssignee = change.assigneeId !== undefined && change.assigneeId !== (issue.assignee?.id ?? null)
  return otherStatus || otherArchive || sameKindAgain || otherAssignee
}

/** Whether a list of issues in `status` loses the issue by the change. */
export const leavesList = (listed: IssueStatus, change: IssueChange): boolean => {
  const status = statusOf(change)
  return status !== undefined && status !== listed
}

export { statusOf as statusAfter }
