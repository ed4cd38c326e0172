import type { Db } from '../database.ts'

/** A place in the outbox: everything up to it has been read. */
export interface OutboxPosition {
  xid: string
  id: number
}
export interface OutboxRow {
  position: OutboxPosition
  projectId: number
  kind: string
  issueId: number | null
  payload: unknown
  createdAt: Date
}

/**
 * News after a position, oldest first, and only of transactions older than every running one: none can appear behind
 * what was already read, although commits land out of order. Leans on outbox_xid_idx (xid, id).
 */
export async function listOutbox(db: Db, after: OutboxPosition, limit: number): Promise<OutboxRow[]> {
  const { rows } = await db.query<{
    id: number
    xid: string
    project_id: number
    kind: string
    issue_id: number | null
    payload: unknown
    created_at: Date
  }>({
    name: 'list-outbox',
    text: `
      select id, xid::text as xid, project_id, kind, issue_id, payload, created_at
      from outbox
      where (xid, id) > ($1::xid8, $2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
      -- Not the text that is selected under its name: 1000 comes after 999.
      order by outbox.xid, outbox.id limit $3`,
    values: [after.xid, after.id, limit],
  })
  return rows.map((r) => ({
    position: { xid: r.xid, id: r.id },
    projectId: r.project_id,
    kind: r.kind,
    issueId: r.issue_id,
    payload: r.payload,
    createdAt: r.created_at,
  }))
}

/**
 * Where a node that starts now begins to listen: everything committed before is history, to be read from lists. A row
 * that is there, not the number the next transaction would get: numbers that left no trace are given again after a crash
 * of PostgreSQL, and their news would be taken for history. Leans on outbox_xid_idx (xid, id).
 */
export async function findOutboxEnd(db: Db): Promise<OutboxPosition> {
  const { rows } = await db.query<OutboxPosition>(
    `select o.xid::text as xid, o.id from outbox o
     where o.xid < pg_snapshot_xmin(pg_current_snapshot()) order by o.xid desc, o.id desc limit 1`,
  )
  return rows[0] ?? { xid: '0', id: 0 }
}
