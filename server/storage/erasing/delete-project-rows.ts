// A step of removing a project: up to `limit` rows, table by table. Each call starts at the first table, where nothing
// is left after the calls before; so nobody has to remember how far it got, and what was still written meanwhile is
// found too. The last call removes less than it might and says so.
//
// The order is what makes "nothing is left" true. Groups first: a writer that appends to one holds it, and finds it no
// more afterwards; then the project itself, which everything that is new needs by a foreign key or looks for. What hangs
// on neither comes last, when nobody can add to it.
import { deleteSome, deleteSomeEvents, partitionsOf } from './delete-some.ts'
import type { Db } from '../database.ts'

interface Table {
  table: string
  /** The primary key behind project_id. */
  order?: string
  partitioned?: boolean
}

/** They would go with the project's row, but all at once. */
const HELD_BY_THE_PROJECT: readonly Table[] = [
  { table: 'event_group', order: 'version, hash' },
  { table: 'issue_activity', order: 'id' },
  { table: 'issue_operation_row', order: 'operation_id, issue_id' },
  { table: 'issue_operation', order: 'id' },
  { table: 'issue', order: 'issue_id' },
  { table: 'project_key', order: 'id' },
  { table: 'saved_view', order: 'id' },
  { table: 'webhook_delivery', order: 'delivery_id' },
  { table: 'webhook', order: 'webhook_id' },
  { table: 'alert', order: 'alert_id' },
  { table: 'alert_rule', order: 'rule_id' },
  { table: 'retention_period', order: 'from_on' },
  { table: 'retention_sweep' },
]
/** Deltas before what they are added to. The outbox, which has no index by project, is read last and so once or twice. */
const HELD_BY_NOBODY: readonly Table[] = [
  { table: 'event_delta', order: 'id' },
  { table: 'outcome_delta', order: 'id' },
  { table: 'group_user', order: 'group_id, user_hash' },
  { table: 'group_total', order: 'group_id' },
  { table: 'rollup_project_minute', order: 'bucket', partitioned: true },
  { table: 'rollup_project_quarter', order: 'bucket, level, environment', partitioned: true },
  { table: 'rollup_group_hour', order: 'group_id, bucket, environment', partitioned: true },
  { table: 'rollup_value_hour', order: 'bucket, kind, value', partitioned: true },
  { table: 'rollup_bytes', order: 'expires_on' },
  { table: 'stored_day', order: 'received_on, expires_on' },
  { table: 'stored_group', order: 'expires_on, group_id' },
  { table: 'outcome_minute', order: 'minute, outcome' },
  { table: 'client_report_minute', order: 'minute, reason, category' },
  { table: 'rate_window', order: 'key_id, minute' },
  { table: 'seen_value', order: 'kind, value' },
  { table: 'escalation_check', order: 'id' },
  { table: 'alert_check', order: 'id' },
  { table: 'rule_count', order: 'counter_id, group_id, minute' },
  { table: 'rule_user', order: 'counter_id, group_id, minute, user_hash' },
  { table: 'alert_cause', order: 'rule_id, cause' },
  { table: 'receipt', order: 'event_id' },
  { table: 'outbox' },
]

export interface Step {
  /** Events deleted in this step. */
  events: number
  finished: boolean
}

export async function deleteProjectRows(
  db: Db,
  { projectId, rows, events }: { projectId: number; rows: number; events: number },
): Promise<Step> {
  const where = { project_id: projectId }
  let left = rows
  /** False: the step is full. */
  const clear = async (tables: readonly Table[]): Promise<boolean> => {
    for (const { table, order, partitioned } of tables)
      for (const name of partitioned ? await partitionsOf(db, table) : [table]) {
        left -= await deleteSome(db, { table: name, where, order, limit: left })
        if (left <= 0) return false
      }
    return true
  }
  if (!(await clear(HELD_BY_THE_PROJECT))) return { events: 0, finished: false }
  await db.query(`DELETE FROM project WHERE id = $1 AND deleting_at IS NOT NULL`, [projectId])
  let eventsLeft = events
  for (const partition of await partitionsOf(db, 'event')) {
    for (const gone of await deleteSomeEvents(db, { partition, where, limit: eventsLeft }))
      eventsLeft -= gone.events
    if (eventsLeft <= 0) return { events, finished: false }
  }
  return { events: events - eventsLeft, finished: await clear(HELD_BY_NOBODY) }
}
