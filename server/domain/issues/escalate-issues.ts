// Brings back archived issues that escalated. In: the project of a fold that touched some. The fold left a row for each
// issue and hour it added to (storage/deltas/fold-events.ts), in its own transaction; here they are read, compared and
// removed. Reading and removing are two statements and no transaction: a node that dies in between leaves the rows to the
// next look, by any node, and a second comparison changes nothing, because the update is conditional on the archiving
// that was judged. The counts are read after the rows, so they hold at least what the rows were left for.
import type { Db } from '#server/storage/database.ts'
import { countEscalationHours } from '#server/storage/issues/count-escalation-hours.ts'
import { listEscalationChecks, type EscalationCheck } from '#server/storage/issues/list-escalation-checks.ts'
import { markEscalated, type Escalation } from '#server/storage/issues/mark-escalated.ts'
import { ESCALATION_HOURS, escalatingEvents, escalationLimit, NEVER_ESCALATES } from './escalation.ts'

const STEP = 1_000
type Waiting = EscalationCheck & { archivedAt: Date }

/** @returns how many issues escalated here */
export async function escalateIssues(db: Db, projectId: number): Promise<number> {
  let escalated = 0
  for (;;) {
    const checks = await listEscalationChecks(db, projectId, STEP)
    if (checks.length === 0) return escalated
    escalated += await markEscalated(
      db,
      projectId,
      await judge(db, projectId, checks),
      checks.map(({ id }) => id),
    )
    if (checks.length < STEP) return escalated
  }
}

async function judge(db: Db, projectId: number, checks: readonly EscalationCheck[]): Promise<Escalation[]> {
  const waiting = new Map<string, Waiting>()
  for (const { archivedAt, ...check } of checks) {
    if (archivedAt) waiting.set(`${check.issueId} ${check.hour.getTime()}`, { ...check, archivedAt })
  }
  const asked = [...waiting.values()]
  const hours = await countEscalationHours(db, projectId, asked, {
    hoursBefore: ESCALATION_HOURS,
    onlyAbove: NEVER_ESCALATES,
  })
  // One issue above its limit in two hours (added up late) is one escalation: that of the later hour.
  const escalations = new Map<string, Escalation>()
  for (const [i, { issueId, archivedAt, ...check }] of asked.entries()) {
    const { n, largest } = hours[i]!
    const count = escalatingEvents({ ...check, archivedAt, n })
    const limit = escalationLimit(largest)
    if (count > limit) escalations.set(issueId, { issueId, archivedAt, count, limit })
  }
  return [...escalations.values()]
}
