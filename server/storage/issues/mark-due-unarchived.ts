import type { Db } from '../database.ts'

/** A step: bounded, so that no statement holds many locks. */
const STEP = 500

/**
 * Opens issues that were archived until a date that has come. The conditional update decides: of all nodes that sweep
 * at the same moment one wins each issue, and only it writes the activity and the news; what somebody else holds just
 * now is left for the next round. Leans on issue_archive_date_idx, which holds those that wait for a date only.
 * @returns how many were opened; call again while it is not 0
 */
export async function markDueUnarchived(db: Db): Promise<number> {
  const { rowCount } = await db.query({
    name: 'mark-due-unarchived',
    text: `
      with due as materialized (
        select project_id, issue_id from issue
        where archive_date <= clock_timestamp() and status = 'archived' and archive_until = 'date'
        order by project_id, issue_id limit ${STEP}
        for no key update skip locked
      ), u as (
        update issue i set
          status = 'unresolved', substatus = 'ongoing', archive_until = null, archived_at = null, archive_date = null,
          version = i.version + 1
        from due d
        where i.project_id = d.project_id and i.issue_id = d.issue_id and i.status = 'archived'
        returning i.project_id, i.issue_id, i.version
      ), a as (
        insert into issue_activity (project_id, issue_id, kind, data)
        select project_id, issue_id, 'unresolved', '{"reason": "date"}' from u
      ), o as (
        insert into outbox (project_id, kind, issue_id, payload)
        select project_id, 'issue.updated', issue_id,
               jsonb_build_object('status', 'unresolved', 'substatus', 'ongoing', 'version', version, 'reason', 'date')
        from u
      )
      select from u`,
    values: [],
  })
  return rowCount ?? 0
}
