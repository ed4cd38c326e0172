import { FOLDING, REGROUPING_GATE } from '../advisory-locks.ts'
import type { Db } from '../database.ts'

/**
 * For whoever moves, discards or deletes groups: one at a time in a project, no fold and no write meanwhile. First of
 * all locks of the transaction (then groups, then issues): nobody who holds a group or an issue waits for these.
 *
 * Writers hold their groups' rows too, but rows are no queue: later readers of a row pass by one who waits to change
 * it, and under load a merge got its turn when the load ended (seen: never, while five writers shared a group). These
 * locks are a queue: writers behind it wait for milliseconds. A node that stands still in between is cut off.
 *
 * A fold is one statement, whose view of the tables may be older than the lock it gets after this transaction. That the
 * project's row has a newer version tells it so; nothing in the row changes.
 */
export async function lockRegrouping(db: Db, projectId: number): Promise<{ organizationId: number }> {
  await db.query(`select set_config('idle_in_transaction_session_timeout', '5s', true)`)
  await db.query(`select pg_advisory_xact_lock(${FOLDING}, $1::int)`, [projectId])
  await db.query(`select pg_advisory_xact_lock(${REGROUPING_GATE}, $1::int)`, [projectId])
  const { rows } = await db.query<{ organizationId: number }>(
    `update project set updated_at = updated_at where id = $1 returning organization_id as "organizationId"`,
    [projectId],
  )
  const project = rows[0]
  if (!project) throw new Error('The project is gone.')
  return project
}

/** For a writer of several statements, before it reads a group. Projects in order: several gates are a circle else. */
export async function waitForRegrouping(db: Db, projectIds: readonly number[]): Promise<void> {
  await db.query({
    name: 'wait-for-regrouping',
    text: `select pg_advisory_xact_lock_shared(${REGROUPING_GATE}, id) from (select unnest($1::int[]) as id order by 1) p`,
    values: [projectIds],
  })
}
