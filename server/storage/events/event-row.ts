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

/** For `from … e join event_group g`; quoted names arrive as they are written here. */
export const EVENT_COLUMNS = `
  replace(e.event_id::text, '-', '') as id, g.issue_id::text as "issueId", e.received_at as "receivedAt",
  e.occurred_at as timestamp, e.level, e.title, e.message, e.environment, e.release, e.tags, e.user_label as user`
