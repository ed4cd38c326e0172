// The weeks in which an issue can have events: from its first event on.
import type { IssueRecord } from '#server/storage/issues/issue-row.ts'
import { expiriesOf } from '../retention/expiry.ts'

const DAY_MS = 86_400_000

/** A day's margin: totals follow the events by up to two seconds, and a spooled event is folded when it arrives. */
export const issueExpiries = (issue: Pick<IssueRecord, 'firstSeen'>, now: Date): string[] =>
  expiriesOf({ since: new Date(issue.firstSeen.getTime() - DAY_MS), until: null }, now)
