import type { Db } from '../database.ts'

export interface Regression {
  projectId: number
  issueId: number
  /** The newest receive time of the batch for this issue, ms since the epoch. */
  receivedAt: number
  /** The event that has it: what alert rules look at. */
  eventId: string
  expiresOn: string
}

/**
 * Reopens resolved issues that got an event after they were resolved. The conditional update decides: of all writers
 * that see the regression one wins, and only it writes the activity and the news. Issues are locked in id order.
 * Leans on issue's primary key.
 * @returns how many were reopened here
 */
export async function markRegressed(db: Db, regressions: readonly Regression[]): Promise<number> {
  const { rowCount } = await db.query({
    name: 'mark-regressed',
    text: `
      with locked as (
        select i.project_id, i.issue_id, t.event_id, t.expires_on
        from unnest($1::int[], $2::bigint[], $3::float8[], $4::text[], $5::date[])
          as t (project_id, issue_id, received_at, event_id, expires_on)
        join issue i using (project_id, issue_id)
        where i.status = 'resolved' and i.resolved_at < to_timestamp(t.received_at / 1000)
        order by i.project_id, i.issue_id
        for no key update of i
      ), r as (
        update issue i set status = 'unresolved', substatus = 'regressed', resolved_at = null, version = i.version + 1
        from locked l
        where i.project_id = l.project_id and i.issue_id = l.issue_id and i.status = 'resolved'
        returning i.project_id, i.issue_id, l.event_id, l.expires_on
      ), a as (
        insert into issue_activity (project_id, issue_id, kind) select project_id, issue_id, 'regressed' from r
      ), o as (
        insert into outbox (project_id, kind, issue_id, payload)
        select project_id, 'issue.regressed', issue_id, jsonb_build_object('eventId', event_id, 'expiresOn', expires_on)
        from r
      )
      select 1 from r`,
    values: [
      regressions.map((r) => r.projectId),
      regressions.map((r) => r.issueId),
      regressions.map((r) => r.receivedAt),
      regressions.map((r) => r.eventId),
      regressions.map((r) => r.expiresOn),
    ],
  })
  return rowCount ?? 0
}
