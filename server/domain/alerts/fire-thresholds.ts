// Compares what the fold added up with the thresholds of alert rules. In: the project of a fold that left something to
// compare. Reading, counting and firing are three statements and no transaction: what is compared is taken away by the
// statement that writes the alerts, so a node that dies before leaves it to the next look, by any node, and of two that
// compared the same one counts. The counts are read after the checks, so they hold at least what those were left for.
import type { Db } from '#server/storage/database.ts'
import { countRuleWindows } from '#server/storage/alerts/count-rule-windows.ts'
import { fireCounted } from '#server/storage/alerts/fire-alerts.ts'
import { listRuleChecks } from '#server/storage/alerts/rule-checks.ts'

const STEP = 1_000

/** @returns how many alerts are new */
export async function fireThresholds(db: Db, projectId: number): Promise<number> {
  let fired = 0
  for (;;) {
    const checks = await listRuleChecks(db, projectId, STEP)
    if (checks.length === 0) return fired
    const windows = await countRuleWindows(db, projectId, checks)
    const answer = await fireCounted(
      db,
      { projectId, checkIds: checks.map(({ id }) => id) },
      windows.map(({ checkId, minute, ...window }) => ({
        ...window,
        projectId,
        origin: checkId,
        cause: { count: window.n, windowEnd: minute.toISOString() },
      })),
    )
    fired += answer.fired
    if (checks.length < STEP) return fired
  }
}
