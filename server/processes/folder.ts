// The folder: adds up what the writers appended (design §3.2), project by project, within a second of its writing.
// Every node folds what its own writers touched, and looks now and then for what another left behind (a node that
// died); a lock inside the statement lets one at a time work on a project. Right after it, what the folds left to be
// compared is: whether archived issues escalated, and whether alert rules have more than their threshold.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import { fireThresholds } from '#server/domain/alerts/fire-thresholds.ts'
import { escalateIssues } from '#server/domain/issues/escalate-issues.ts'
import { listProjectsWithRuleChecks } from '#server/storage/alerts/rule-checks.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { foldOutcomes } from '#server/storage/deltas/fold-outcomes.ts'
import { listDueProjects } from '#server/storage/deltas/list-due-projects.ts'
import { listProjectsToCheck } from '#server/storage/issues/list-escalation-checks.ts'
import type { Db } from '#server/storage/database.ts'

const INTERVAL_MS = 800
/** How often the whole table is asked for projects with deltas: what a dead node left is folded this late at most. */
const LOOK_AROUND_MS = 5_000
const MAX_ROWS = 20_000
/**
 * Deleted deltas stay in the table while anybody holds an old snapshot, and reading past them each time is what would
 * make folding slow just then. So a round starts after the highest id of this long ago. Ids are drawn before they are
 * committed, yet a moment before only; and once a minute a round starts from 0, so that a count is at worst late.
 */
const SETTLED_AFTER_MS = 10_000
const FROM_THE_START_MS = 60_000

export interface FolderDeps {
  db: Db
  /** Monotonic, ms. */
  now(): number
  /** The projects written to since the last call. */
  takeTouched(): Iterable<number>
  /** Called after each round with the events folded, which may be none, and how long it took, ms. */
  folded(events: number, ms: number): void
}

export function folder(deps: FolderDeps): ChildSpec {
  return {
    id: 'folder',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      const events = createCursor(deps.now)
      const outcomes = createCursor(deps.now)
      let lookedAround = -Infinity
      /** Somebody else was at them; what they left is not to wait for the next look around. */
      let busy = new Set<number>()
      ready()
      while (!signal.aborted) {
        const began = deps.now()
        const due = busy.union(new Set(deps.takeTouched()))
        busy = new Set()
        if (began - lookedAround >= LOOK_AROUND_MS) {
          for (const projectId of await listDueProjects(deps.db)) due.add(projectId)
          for (const projectId of await listProjectsToCheck(deps.db)) await escalateIssues(deps.db, projectId)
          for (const projectId of await listProjectsWithRuleChecks(deps.db))
            await fireThresholds(deps.db, projectId)
          lookedAround = began
        }
        let folded = 0
        for (const projectId of due) {
          let checks = 0
          let alertChecks = 0
          await events.drain(projectId, async (afterId) => {
            const round = await foldEvents(deps.db, projectId, afterId, MAX_ROWS)
            folded += round.events
            checks += round.checks
            alertChecks += round.alertChecks
            if (round.busy) busy.add(projectId)
            return round
          })
          if (checks > 0) await escalateIssues(deps.db, projectId)
          if (alertChecks > 0) await fireThresholds(deps.db, projectId)
          await outcomes.drain(projectId, (afterId) => foldOutcomes(deps.db, projectId, afterId, MAX_ROWS))
        }
        deps.folded(folded, deps.now() - began)
        await pause(INTERVAL_MS, signal)
      }
    },
  }
}

interface Round {
  rows: number
  maxId: number | null
}

/** Remembers per project where the next round may start. */
function createCursor(now: () => number) {
  const marks = new Map<
    number,
    { safe: number; seen: number; candidate: number; candidateAt: number; fullAt: number }
  >()
  return {
    /** Folds a project until a round was not full. */
    async drain(projectId: number, fold: (afterId: number) => Promise<Round>): Promise<void> {
      const at = now()
      let mark = marks.get(projectId)
      if (!mark || at - mark.fullAt >= FROM_THE_START_MS)
        marks.set(
          projectId,
          (mark = { safe: 0, seen: mark?.seen ?? 0, candidate: 0, candidateAt: at, fullAt: at }),
        )
      for (;;) {
        const { rows, maxId } = await fold(mark.safe)
        mark.seen = Math.max(mark.seen, maxId ?? 0)
        if (now() - mark.candidateAt >= SETTLED_AFTER_MS) {
          mark.safe = mark.candidate
          mark.candidate = mark.seen
          mark.candidateAt = now()
        }
        if (rows < MAX_ROWS) return
      }
    },
  }
}
