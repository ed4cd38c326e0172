// The columns of an event that lists and the event page share, and their way into TypeScript.

export interface EventRecord {
  /** 32 lower hex */
  id: string
  issueId: string
  receivedAt: Date
  timestamp: Date
  level: number
  title: string
  message: string | null
  environment: string
  release: string | null
  tags: Record<string, string>
  user: string | null
}

/** Columns of `event` that lists need: all but the payload, the search vector and what only the pipeline reads. */
export const ROW_COLUMNS =
  'e.project_id, e.event_id, e.group_id, e.received_at, e.occurred_at, e.level, e.title, e.message, ' +
  'e.environment, e.release, e.tags, e.user_label'

/**
 * The group of event `e`. Events whose group is discarded or deleted are gone for everybody, although they lie there
 * until they are erased. A probe for each row in the order rows come, whatever the planner believes.
 */
export const WITH_ITS_GROUP = `
  cross join lateral (
    select issue_id from event_group g
    where g.project_id = e.project_id and g.group_id = e.group_id and g.discarded_at is null
    offset 0
  ) g`

/** @param issueId where the group's issue is at hand; quoted names arrive as they are written here */
export const eventColumns = (issueId: 'e.issue_id' | 'g.issue_id'): string => `
  replace(e.event_id::text, '-', '') as id, ${issueId}::text as "issueId", e.received_at as "receivedAt",
  e.occurred_at as timestamp, e.level, e.title, e.message, e.environment, e.release, e.tags, e.user_label as user`
