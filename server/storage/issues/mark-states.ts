import type { Db } from '../database.ts'
import type { IssueState } from './issue-state.ts'

export interface StateChange extends IssueState {
  id: string
}
export interface NewActivity {
  issueId: string
  kind: string
  data: object
}

/**
 * Gives issues their new state, with their history and their news, in one statement: none without the others. The caller
 * holds the rows (lock-issues). An issue that becomes resolved or archived without a time gets PostgreSQL's clock, which
 * also stamps events: an event received after it is a regression. Taken now, not at the start of the transaction, which
 * may have waited for the lock. Leans on issue's primary key.
 * @returns the versions they have now
 */
export async function markStates(
  db: Db,
  projectId: number,
  actorId: string,
  changes: readonly StateChange[],
  activities: readonly NewActivity[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string; version: number }>({
    name: 'mark-states',
    text: `
      with n as materialized (
        select * from unnest($3::bigint[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::timestamptz[],
                             $9::timestamptz[], $10::bigint[], $11::bigint[], $12::text[])
          as n (issue_id, status, substatus, resolved_at, archive_until, archived_at, archive_date, archive_count,
                archive_hour_count, assignee_id)
      ), u as (
        update issue i set
          status = n.status, substatus = n.substatus, version = i.version + 1, assignee_id = n.assignee_id,
          resolved_at = case when n.status = 'resolved' then coalesce(n.resolved_at, clock_timestamp()) end,
          archive_until = n.archive_until,
          archived_at = case when n.status = 'archived' then coalesce(n.archived_at, clock_timestamp()) end,
          archive_date = n.archive_date, archive_count = n.archive_count, archive_hour_count = n.archive_hour_count
        from n
        where i.project_id = $1 and i.issue_id = n.issue_id
        returning i.issue_id, i.status, i.substatus, i.assignee_id, i.version
      ), a as (
        insert into issue_activity (project_id, issue_id, kind, actor_id, data)
        select $1, a.issue_id, a.kind, $2, a.data
        from unnest($13::bigint[], $14::text[], $15::jsonb[]) with ordinality as a (issue_id, kind, data, place)
        order by a.place
      ), o as (
        insert into outbox (project_id, kind, issue_id, payload)
        select $1, 'issue.updated', issue_id,
               jsonb_build_object('status', status, 'substatus', substatus, 'version', version,
                                  'assigneeId', assignee_id, 'actorId', $2::text)
        from u
      )
      select issue_id::text as id, version from u`,
    values: [
      projectId,
      actorId,
      changes.map((c) => c.id),
      changes.map((c) => c.status),
      changes.map((c) => c.substatus),
      changes.map((c) => c.resolvedAt),
      changes.map((c) => c.archiveUntil),
      changes.map((c) => c.archivedAt),
      changes.map((c) => c.archiveDate),
      changes.map((c) => c.archiveCount),
      changes.map((c) => c.archiveHourCount),
      changes.map((c) => c.assigneeId),
      activities.map((a) => a.issueId),
      activities.map((a) => a.kind),
      activities.map((a) => JSON.stringify(a.data)),
    ],
  })
  return new Map(rows.map(({ id, version }) => [id, version]))
}
