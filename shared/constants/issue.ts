// What issues can be and how lists of them are cut: here and not with their schemas, so that a page that only draws
// them need not bring the library that checks.

export const ISSUE_STATUSES = ['unresolved', 'resolved', 'archived'] as const
export const ISSUE_SUBSTATUSES = ['new', 'ongoing', 'regressed', 'escalating'] as const
export const ARCHIVE_UNTIL = ['escalating', 'date', 'count', 'forever'] as const
export const ISSUE_SORTS = ['lastSeen', 'firstSeen', 'events', 'users'] as const

/** The tabs above a list of issues, in their order. */
export const ISSUE_TABS = ['unresolved', 'new', 'regressed', 'escalating', 'archived', 'resolved'] as const
/** Each count is exact to this; one more stands for more. */
export const EXACT_COUNT = 1_000
/** Many projects at most are looked at together. */
export const MOST_PROJECTS_LISTED = 200
