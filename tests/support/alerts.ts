// Rules and alerts straight from the tables, and what processes do about them, step by step: for tests of firing.
import type { QueryConfig, QueryResultRow } from 'pg'
import { alertOn } from '#server/domain/alerts/alert-on.ts'
import { compileCounters, type Counter } from '#server/domain/alerts/counters.ts'
import { fireThresholds } from '#server/domain/alerts/fire-thresholds.ts'
import { columnsOf } from '#server/domain/alerts/trigger.ts'
import { insertAlertRule } from '#server/storage/alerts/alert-rules.ts'
import { findOutboxReader } from '#server/storage/alerts/outbox-reader.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { listOutbox } from '#server/storage/outbox/list-outbox.ts'
import { findIngestKeys } from '#server/storage/projects/find-ingest-keys.ts'
import type { Db } from '#server/storage/database.ts'
import { createAlertRule, type CreateAlertRule } from '#shared/schemas/alert.ts'
import { until } from './until.ts'

/** @returns the rule's id */
export async function storeRule(
  db: Db,
  projectId: number,
  rule: Pick<CreateAlertRule, 'trigger'> & Partial<CreateAlertRule>,
): Promise<number> {
  const { trigger, webhookIds, ...fields } = createAlertRule.parse({ name: 'A rule', ...rule })
  return insertAlertRule(db, projectId, {
    ...fields,
    ...columnsOf(trigger),
    webhookIds: webhookIds.map(Number),
  })
}

/** What a door that read the project's rules now would count. */
export async function countersOf(db: Db, key: string): Promise<readonly Counter[]> {
  const [row] = await findIngestKeys(db, [key])
  return compileCounters(row?.counters ?? null)
}

/** What an alerter does when it looks. @returns new alerts */
export async function alertOnce(db: Db): Promise<number> {
  const from = await findOutboxReader(db)
  const rows = await listOutbox(db, from, 200)
  return rows.length === 0 ? 0 : alertOn(db, from, rows)
}

/** Until all news is read; transactions of other tests may hold it back for a moment. */
export async function alertOnAll(db: Db): Promise<void> {
  await until(async () => {
    await alertOnce(db)
    const { rows } = await db.query<{ n: number }>(
      `select count(*) as n from outbox o cross join outbox_reader r where (o.xid, o.id) > (r.xid, r.id)`,
    )
    return rows[0]!.n === 0
  }, 30_000)
}

/** What a folder does when it looks. @returns new alerts */
export async function foldAndFire(db: Db, projectId: number): Promise<number> {
  while ((await foldEvents(db, projectId, 0, 1_000)).rows > 0);
  return fireThresholds(db, projectId)
}

export interface StoredAlert {
  id: number
  ruleId: number
  issueId: number
  trigger: string
  state: string
  count: number
  cause: Record<string, unknown>
  resolvedReason: string | null
}

export async function alertsOf(db: Db, projectId: number): Promise<StoredAlert[]> {
  const { rows } = await db.query<StoredAlert>(
    `select alert_id as id, rule_id as "ruleId", issue_id as "issueId", trigger, state, count, cause,
            resolved_reason as "resolvedReason"
     from alert where project_id = $1 order by alert_id`,
    [projectId],
  )
  return rows
}

/** A node that dies at a statement: before it was sent, or after it was committed and before anybody heard. */
export function dyingAt(db: Db, name: string, when: 'before' | 'after'): Db {
  return {
    async query<Row extends QueryResultRow>(query: string | QueryConfig, values?: unknown[]) {
      const dies = typeof query !== 'string' && query.name === name
      if (dies && when === 'before') throw new Error('died')
      const answer = await db.query<Row>(query, values)
      if (dies) throw new Error('died')
      return answer
    },
  }
}
