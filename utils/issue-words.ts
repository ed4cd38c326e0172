// What is done to issues, in words: buttons, toasts and the state line say the same thing the same way.
import type { Archive, Issue, IssueStatus, UndoneIssues } from '#shared/schemas/issue.ts'
import { formatExact } from './format-count.ts'
import { statusAfter, type IssueChange } from './issue-change.ts'
import { visibleLine } from './visible-text.ts'

const DAY_MS = 24 * 3_600_000

/** A name inside a sentence: shown as it is, its writing direction kept to itself. */
export const isolated = (text: string): string => `\u2068${visibleLine(text)}\u2069`

const events = (n: number) => `${formatExact(n)} ${n === 1 ? 'event' : 'events'}`

/** "12 Dec", with the time when it is within two days, with the year when it is another one. */
export function formatDay(at: string, now: number, timeZone: string): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return 'an unknown date'
  const year = (time: Date | number) =>
    new Intl.DateTimeFormat('en-GB', { timeZone, year: 'numeric' }).format(time)
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    ...(year(date) === year(now) ? {} : { year: 'numeric' }),
    ...(Math.abs(date.getTime() - now) < 2 * DAY_MS ? { hour: '2-digit', minute: '2-digit' } : {}),
  }).format(date)
}

interface Until {
  until: Archive['until']
  at?: string | null | undefined
  events?: number | null | undefined
}

/** "until it escalates", "until 12 Dec", "until 50 more events", "forever". */
export function untilWords(archive: Until, now: number, timeZone: string): string {
  if (archive.until === 'forever') return 'forever'
  if (archive.until === 'date')
    return archive.at ? `until ${formatDay(archive.at, now, timeZone)}` : 'until a date'
  if (archive.until === 'count')
    return archive.events
      ? `until ${formatExact(archive.events)} more ${archive.events === 1 ? 'event' : 'events'}`
      : 'until more events'
  return 'until it escalates'
}

/** The line under the title: undefined where the badge alone says it all. */
export function stateSentence(
  issue: Pick<Issue, 'status' | 'archive' | 'escalationLimit'>,
  now: number,
  timeZone: string,
): string | undefined {
  if (issue.status === 'resolved') return 'comes back when it happens again'
  if (issue.status !== 'archived') return undefined
  const archive = issue.archive ?? { until: 'escalating' as const }
  const words = untilWords(archive, now, timeZone)
  return archive.until === 'escalating' && issue.escalationLimit != null
    ? `${words}: more than ${events(issue.escalationLimit)} in one hour`
    : words
}

const DONE: Record<IssueStatus, string> = {
  resolved: 'Resolved',
  unresolved: 'Reopened',
  archived: 'Archived',
}
const DO: Record<IssueStatus, string> = { resolved: 'Resolve', unresolved: 'Reopen', archived: 'Archive' }
const DOING: Record<IssueStatus, string> = {
  resolved: 'Resolving',
  unresolved: 'Reopening',
  archived: 'Archiving',
}

/** Names for the assignee, as far as the page knows them. */
export type NameOf = (userId: string) => string | undefined

/** "Resolve", "Archive", "Assign": for a button that does it (again). */
export function actionWord(change: IssueChange): string {
  const status = statusAfter(change)
  if (status) return DO[status]
  return change.assigneeId ? 'Assign' : 'Unassign'
}

/** "Resolving", for progress. */
export function doingWord(change: IssueChange): string {
  const status = statusAfter(change)
  if (status) return DOING[status]
  return change.assigneeId ? 'Assigning' : 'Unassigning'
}

/** "Archived WEB-4F until 12 Dec", "Assigned 12 issues to Ada". */
export function doneSentence(
  change: IssueChange,
  what: string,
  { now, timeZone, nameOf }: { now: number; timeZone: string; nameOf?: NameOf },
): string {
  const status = statusAfter(change)
  if (status === 'archived') {
    return `${DONE.archived} ${what} ${untilWords(change.archive ?? { until: 'escalating' }, now, timeZone)}`
  }
  if (status) return `${DONE[status]} ${what}`
  if (change.assigneeId) return `Assigned ${what} to ${isolated(nameOf?.(change.assigneeId) ?? 'a member')}`
  return `Unassigned ${what}`
}

export const issuesWords = (n: number): string => `${formatExact(n)} ${n === 1 ? 'issue' : 'issues'}`

const NAMED = 3
/** "WEB-1 (resolved), WEB-2 (archived) and 4 more changed since and were left as they are." */
export function skippedSentence(
  skipped: readonly Pick<UndoneIssues['skipped'][number], 'shortId' | 'status'>[],
): string | undefined {
  if (!skipped.length) return undefined
  const names = skipped.slice(0, NAMED).map(({ shortId, status }) => `${shortId} (${status})`)
  const rest = skipped.length - names.length
  const last = names.length > 1 && !rest ? names.pop() : undefined
  const list = `${names.join(', ')}${last ? ` and ${last}` : rest ? ` and ${rest} more` : ''}`
  return `${list} changed since and ${skipped.length === 1 ? 'was left as it is' : 'were left as they are'}.`
}
