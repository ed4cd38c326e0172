// The figures on top of a project's overview. Issues are counted by the conditions of the list each figure leads to:
// unresolved ones seen in the range, exact to 1,000; 1,001 means more.
import type { z } from 'zod'
import { useDatabase } from '#server/storage/database.ts'
import { countAffectedUsers } from '#server/storage/dashboard/count-affected-users.ts'
import { countIssueHealth } from '#server/storage/dashboard/count-issue-health.ts'
import { countEvents } from '#server/storage/dashboard/count-volume.ts'
import type { Health, statsQuery } from '#shared/schemas/stats.ts'
import { filterOf } from '../issues/issue-filter.ts'
import { NEW_FOR_MS } from '../issues/issue-view.ts'
import { utcDay } from '../retention/expiry.ts'
import { parseRange } from '../search/range.ts'
import { bucketsOf } from './buckets.ts'
import { before } from './volume.ts'

const DEFAULT_RANGE = '24h'
export const EXACT_ISSUES = 1_000
/** (group, user) pairs looked at; the count of users is a lower bound when there are more in the range. */
const USER_PAIRS = 20_000
/** Nobody: the figures are the same for everybody who sees the project. */
const NO_ACTOR = ''

export async function health(projectId: number, query: z.output<typeof statsQuery>): Promise<Health> {
  const now = new Date()
  const buckets = bucketsOf(parseRange(query, now, DEFAULT_RANGE), {
    now,
    timeZone: query.timezone,
    finest: '15m',
  })
  const db = useDatabase().read
  const environment = query.environment ?? null
  const list = {
    status: 'unresolved',
    since: query.since,
    until: query.until,
    environment: query.environment,
  } as const
  const { filter } = await filterOf(db, projectId, list, NO_ACTOR, now)
  const [issues, events, previousEvents, usersAffected] = await Promise.all([
    countIssueHealth(db, { ...filter, status: 'unresolved' }, newSince(now), EXACT_ISSUES),
    countEvents(db, projectId, buckets, environment),
    countEvents(db, projectId, before(buckets), environment),
    // Users are remembered by the day they were last seen.
    countAffectedUsers(db, projectId, utcDay(buckets.from), USER_PAIRS),
  ])
  return { ...issues, events, previousEvents, usersAffected }
}

/** Issues first seen before this are no longer called new. */
export const newSince = (now: Date): Date => new Date(now.getTime() - NEW_FOR_MS)
