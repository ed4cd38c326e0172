// News of one project, or the alerts of one organisation, after a position: for who was away for a moment. In the order
// and below the bound of list-outbox.ts, so that nothing can appear behind it later. The outbox has no index by project,
// so the look is bounded: `complete` is false when there was more to look through, or `limit` was not enough.
// Leans on outbox_xid_idx (xid, id).
import type { Db } from '../database.ts'
import type { OutboxPosition, OutboxRow } from './list-outbox.ts'

/** Rows of all projects, kept for two days: some 20 ms. */
const MAX_LOOKED_AT = 20_000

export async function listNewsSince(
  db: Db,
  of: { projectId: number } | { orgId: number },
  after: OutboxPosition,
  limit: number,
): Promise<{ rows: OutboxRow[]; complete: boolean }> {
  const { rows } = await db.query<{
    id: number
    xid: string
    project_id: number
    kind: string
    issue_id: number | null
    payload: unknown
    created_at: Date
    looked: number
  }>({
    name: 'list-news-since',
    text: `
      with looked as materialized (
        select * from outbox
        where (xid, id) > ($1::xid8, $2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
        order by outbox.xid, outbox.id limit $5
      ), found as (
        select id, xid, project_id, kind, issue_id, payload, created_at from looked
        where project_id = $3
          or (kind like 'alert.%' and project_id = any(array(select id from project where organization_id = $4)))
        order by looked.xid, looked.id limit $6
      )
      select f.id, f.xid::text as xid, f.project_id, f.kind, f.issue_id, f.payload, f.created_at, n.looked
      from (select count(*) as looked from looked) n left join found f on true
      order by f.xid, f.id`,
    values: [
      after.xid,
      after.id,
      'projectId' in of ? of.projectId : null,
      'orgId' in of ? of.orgId : null,
      MAX_LOOKED_AT,
      limit + 1,
    ],
  })
  const found = rows.filter((row) => row.id !== null)
  return {
    complete: rows[0]!.looked < MAX_LOOKED_AT && found.length <= limit,
    rows: found.map((r) => ({
      position: { xid: r.xid, id: r.id },
      projectId: r.project_id,
      kind: r.kind,
      issueId: r.issue_id,
      payload: r.payload,
      createdAt: r.created_at,
    })),
  }
}
