// How far the alerter has read the outbox: a row that whoever alerts moves together with the alerts (fire-alerts.ts).
import type { Db } from '../database.ts'
import type { OutboxPosition } from '../outbox/list-outbox.ts'

/**
 * The place, brought back when it lies in the future: the tables were restored into another server then, whose
 * transactions are counted anew, and what was said before is history.
 */
export async function findOutboxReader(db: Db): Promise<OutboxPosition> {
  const { rows } = await db.query<{ xid: string; id: number; ahead: boolean }>({
    name: 'find-outbox-reader',
    text: `
      select xid::text as xid, id, xid > pg_snapshot_xmax(pg_current_snapshot()) as ahead
      from outbox_reader where name = 'alerter'`,
  })
  const [row] = rows
  if (row && !row.ahead) return { xid: row.xid, id: row.id }
  const moved = await db.query<{ xid: string; id: number }>(
    `insert into outbox_reader as r (name, xid, id) values ('alerter', pg_snapshot_xmin(pg_current_snapshot()), 0)
     on conflict (name) do update set
       xid = least(r.xid, excluded.xid), id = case when r.xid > excluded.xid then 0 else r.id end
     returning xid::text as xid, id`,
  )
  return moved.rows[0]! // an upsert returns its row
}

/** Nothing in between was a cause. Not moved when somebody else did. */
export async function markOutboxRead(
  db: Db,
  { from, to }: { from: OutboxPosition; to: OutboxPosition },
): Promise<void> {
  await db.query({
    name: 'mark-outbox-read',
    text: `update outbox_reader set xid = $3::xid8, id = $4::bigint
           where name = 'alerter' and xid = $1::xid8 and id = $2::bigint`,
    values: [from.xid, from.id, to.xid, to.id],
  })
}
