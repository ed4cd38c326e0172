import type { Db } from '../database.ts'

export interface Escalation {
  issueId: string
  /** Of the archiving that was judged: another one since is not meant. */
  archivedAt: Date
  count: number
  limit: number
}

/**
 * Opens issues that escalated and removes what was compared, in one statement. The conditional update decides: of all
 * nodes that compared the same hour one wins, and only it writes the activity and the news. Issues are locked in id
 * order. Leans on the primary keys of issue and escalation_check.
 * @returns how many were opened here
 */
export async function markEscalated(
  db: Db,
  projectId: number,
  escalations: readonly Escalation[],
  checkIds: readonly number[],
): Promise<number> {
  const { rows } = await db.query<{ n: number }>({
    name: 'mark-escalated',
    text: `
      with locked as materialized (
        select i.issue_id, t.n, t.most
        from (select * from unnest($2::bigint[], $3::timestamptz[], $4::bigint[], $5::bigint[])
                as t (issue_id, archived_at, n, most) order by issue_id) t
        cross join lateral (
          select i.issue_id from issue i
          where i.project_id = $1 and i.issue_id = t.issue_id and i.status = 'archived'
            and i.archive_until = 'escalating' and i.archived_at = t.archived_at
          for no key update
        ) i
      ), e as (
        update issue i set
          status = 'unresolved', substatus = 'escalating', archive_until = null, archived_at = null,
          archive_hour_count = null, version = i.version + 1
        from locked l
        where i.project_id = $1 and i.issue_id = l.issue_id and i.status = 'archived'
        returning i.issue_id, i.version, l.n, l.most
      ), a as (
        insert into issue_activity (project_id, issue_id, kind, data)
        select $1, issue_id, 'escalated', jsonb_build_object('count', n, 'limit', most) from e
      ), o as (
        insert into outbox (project_id, kind, issue_id, payload)
        select $1, 'issue.escalated', issue_id,
               jsonb_build_object('status', 'unresolved', 'substatus', 'escalating', 'version', version,
                                  'count', n, 'limit', most)
        from e
      ), compared as (
        delete from escalation_check where project_id = $1 and id = any($6::bigint[])
      )
      select count(*) as n from e`,
    values: [
      projectId,
      escalations.map((e) => e.issueId),
      escalations.map((e) => e.archivedAt),
      escalations.map((e) => e.count),
      escalations.map((e) => e.limit),
      checkIds,
    ],
  })
  return rows[0]!.n // an aggregate always gives a row
}
