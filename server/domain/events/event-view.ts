// An event as lists show it.
import type { EventRecord } from '#server/storage/events/event-row.ts'
import { levelFromNumber } from '#shared/constants/levels.ts'
import type { EventRow } from '#shared/schemas/event-view.ts'

export const eventView = (record: EventRecord): EventRow => ({
  id: record.id,
  issueId: record.issueId,
  receivedAt: record.receivedAt.toISOString(),
  timestamp: record.timestamp.toISOString(),
  level: levelFromNumber(record.level),
  title: record.title,
  message: record.message,
  environment: record.environment,
  release: record.release,
  tags: record.tags,
  user: record.user,
})
