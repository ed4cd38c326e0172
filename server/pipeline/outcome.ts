// One verdict per event, and it is counted. Verdicts of the writer are rows of its transaction; refusals at the door
// are summed here and flushed each second, because a refusal must cost nothing.
import { OUTCOMES } from '#shared/constants/outcomes.ts'
import type { Outcome } from '#shared/schemas/stats.ts'

export type Verdict =
  | { outcome: 'stored' }
  | { outcome: 'duplicate' }
  | { outcome: 'sampled' }
  | { outcome: 'discarded' }
  | { outcome: 'invalid'; reason: string }
  | { outcome: 'overloaded'; retryAfterSeconds: number }

export interface OutcomeCount {
  projectId: number
  /** ms since the epoch */
  at: number
  outcome: Outcome
  n: number
}

export type OutcomeTotals = Record<Outcome, number>

export const noOutcomes = (): OutcomeTotals =>
  Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as OutcomeTotals // keys of the list

export interface OutcomeTally {
  /** All that was ever counted here, of all projects. */
  readonly totals: Readonly<OutcomeTotals>
  count(projectId: number, outcome: Outcome, at: number, n?: number): void
  /** Everything counted since the last call, summed by project, minute and outcome. */
  take(): OutcomeCount[]
  /** Puts back what could not be written. */
  giveBack(counts: readonly OutcomeCount[]): void
}

const MINUTE_MS = 60_000
/** A day of minutes for a few projects; while PostgreSQL is away longer than that, the oldest minutes are merged. */
const MAX_ENTRIES = 10_000

export function createOutcomeTally(): OutcomeTally {
  const counts = new Map<string, OutcomeCount>()
  const totals = noOutcomes()
  const add = (projectId: number, outcome: Outcome, at: number, n: number) => {
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS
    const key =
      counts.size < MAX_ENTRIES ? `${projectId}:${outcome}:${minute}` : `${projectId}:${outcome}:late`
    const entry = counts.get(key)
    if (entry) entry.n += n
    else counts.set(key, { projectId, outcome, at: minute, n })
  }
  return {
    totals,
    count(projectId, outcome, at, n = 1) {
      totals[outcome] += n
      add(projectId, outcome, at, n)
    },
    take() {
      const taken = [...counts.values()]
      counts.clear()
      return taken
    },
    giveBack(given) {
      for (const c of given) add(c.projectId, c.outcome, c.at, c.n)
    },
  }
}
