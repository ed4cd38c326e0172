// A project's retention: what it is, what another one would do, and changing it. A change counts from the next UTC day,
// so that a day's events have one rule; until then it can be taken back. What it does to stored events is the retention
// sweeper's work (processes/retention-sweeper.ts).
import { useDatabase, type Db } from '#server/storage/database.ts'
import {
  cancelPeriod,
  findNow,
  findRetention,
  insertPeriod,
  lockRetention,
  type RetentionRow,
} from '#server/storage/retention/periods.ts'
import { findSweep } from '#server/storage/retention/sweeps.ts'
import { listStoredDays } from '#server/storage/storage-books/list-stored.ts'
import type { Retention, RetentionPreview } from '#shared/schemas/storage.ts'
import { DomainError } from '../errors.ts'
import { utcDay } from './expiry.ts'
import { addDays, previewChange, retainedSince, SINCE_EVER, type RetentionPeriod } from './rule.ts'

/** Nodes read settings again every 2 s: a change in the day's last minute counts a day later. */
const LEAST_NOTICE_MS = 60_000

export const periodsOf = ({ days, periods }: Pick<RetentionRow, 'days' | 'periods'>): RetentionPeriod[] =>
  periods.length > 0 ? periods : [{ fromOn: SINCE_EVER, days }]

/** The retention that new events are stamped with on a UTC day. */
export const inForce = ({ days, before, from }: RetentionRow, today: string): number =>
  before !== null && from !== null && today < from ? before : days

/** The UTC day a change made now counts from. */
export const countsFrom = (now: Date): string => addDays(utcDay(new Date(now.getTime() + LEAST_NOTICE_MS)), 1)

/** Within a transaction of the caller's. */
export async function changeRetention(db: Db, projectId: number, days: number): Promise<void> {
  const row = await lockRetention(db, projectId)
  if (!row) throw new DomainError('not_found')
  const now = await findNow(db)
  await setRetention(db, { projectId, row, days, now })
}

/** With a clock of the caller's. */
export async function setRetention(
  db: Db,
  { projectId, row, days, now }: { projectId: number; row: RetentionRow; days: number; now: Date },
): Promise<void> {
  const today = utcDay(now)
  const current = inForce(row, today)
  if (days === row.days) return
  if (days === current) await cancelPeriod(db, { projectId, inForce: current, tomorrow: addDays(today, 1) })
  else
    await insertPeriod(db, {
      ...{ projectId, inForce: current, days },
      ...{ fromOn: countsFrom(now), tomorrow: addDays(today, 1), sinceEver: SINCE_EVER },
    })
}

export async function getRetention(projectId: number): Promise<Retention> {
  const db = useDatabase().read
  const [row, sweep, now] = await Promise.all([
    findRetention(db, projectId),
    findSweep(db, projectId),
    findNow(db),
  ])
  if (!row) throw new DomainError('not_found')
  const today = utcDay(now)
  const current = inForce(row, today)
  return {
    retentionDays: row.days as Retention['retentionDays'], // a CHECK of the table keeps it to these
    inForceDays: current as Retention['inForceDays'], // the same
    changesOn: current === row.days ? null : row.from,
    keptSince: keptSince(row, today),
    removal: sweep && {
      before: sweep.before,
      events: sweep.events,
      removed: sweep.removed,
      startedAt: sweep.startedAt.toISOString(),
      finishedAt: sweep.finishedAt?.toISOString() ?? null,
    },
  }
}

/** Events received before this UTC day were removed, or are hidden and about to be. */
export const keptSince = (row: RetentionRow, today: string): string => retainedSince(periodsOf(row), today)

export async function previewRetention(projectId: number, days: number): Promise<RetentionPreview> {
  const db = useDatabase().read
  const [row, now] = await Promise.all([findRetention(db, projectId), findNow(db)])
  if (!row) throw new DomainError('not_found')
  const today = utcDay(now)
  const stored = await listStoredDays(db, { projectId, today, since: keptSince(row, today) })
  const from = countsFrom(now)
  const current = inForce(row, today)
  return {
    ...previewChange(stored, periodsOf(row), { fromOn: from, days }),
    retentionDays: days as RetentionPreview['retentionDays'], // as asked
    inForceDays: current as RetentionPreview['inForceDays'], // a CHECK of the table keeps it to these
    from,
  }
}
