// What SDKs say they dropped themselves, summed here and flushed each second beside the refusals of the doors
// (outcome.ts): it is not one of our verdicts, and must cost as little. Names come from payloads, so their number is
// bounded: a project gets so many pairs a day of its own, the rest is `other`.
import type { DiscardedEvents } from '#server/domain/ingest/client-report.ts'

export interface ClientReportCount {
  projectId: number
  /** ms since the epoch */
  at: number
  reason: string
  category: string
  n: number
}

export interface ClientReportTally {
  count(projectId: number, reports: readonly DiscardedEvents[], at: number): void
  /** Everything counted since the last call, summed by project, minute and pair. */
  take(): ClientReportCount[]
  /** Puts back what could not be written. */
  giveBack(counts: readonly ClientReportCount[]): void
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Of a project and day on one node. SDKs know fewer; whoever makes names up fills no table. */
export const MAX_PAIRS_PER_DAY = 50
/** While PostgreSQL is away, minutes beyond this are merged. */
const MAX_ENTRIES = 10_000
const OTHER = 'other'

export function createClientReportTally(): ClientReportTally {
  const counts = new Map<string, ClientReportCount>()
  let day = 0
  let pairsOf = new Map<number, Set<string>>()

  /** Whether the project may still use this pair today. */
  function admits(projectId: number, pair: string, at: number): boolean {
    const today = Math.floor(at / DAY_MS)
    if (today > day) {
      day = today
      pairsOf = new Map()
    }
    let pairs = pairsOf.get(projectId)
    if (!pairs) pairsOf.set(projectId, (pairs = new Set()))
    if (pairs.has(pair)) return true
    if (pairs.size >= MAX_PAIRS_PER_DAY) return false
    pairs.add(pair)
    return true
  }

  function add({ projectId, at, reason, category, n }: ClientReportCount): void {
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS
    const when = counts.size < MAX_ENTRIES ? minute : 'late'
    const key = `${projectId}:${when}:${reason}:${category}`
    const entry = counts.get(key)
    if (entry) entry.n += n
    else counts.set(key, { projectId, at: minute, reason, category, n })
  }

  return {
    count(projectId, reports, at) {
      for (const { reason, category, quantity } of reports) {
        const own = admits(projectId, `${reason}:${category}`, at)
        add({
          projectId,
          at,
          reason: own ? reason : OTHER,
          category: own ? category : OTHER,
          n: quantity,
        })
      }
    },
    take() {
      const taken = [...counts.values()]
      counts.clear()
      return taken
    },
    giveBack(given) {
      for (const count of given) add(count)
    },
  }
}
