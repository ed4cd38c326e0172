// Totals for those who look: about once a second, one question for all projects that have listeners, and what changed
// since the last answer is told. It asks the tables and not the folder of this node, so it does not matter which node
// folded. Who subscribes first and reads the list then misses nothing.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import type { Db } from '#server/storage/database.ts'
import { listRecentCounts, type CountsRow } from '#server/storage/live/list-recent-counts.ts'
import type { LiveHub } from '#server/streaming/live-hub.ts'
import { levelFromNumber } from '#shared/constants/levels.ts'
import { MAX_LIVE_COUNTS } from '#shared/constants/limits.ts'
import type { LiveCounts } from '#shared/schemas/live.ts'

const INTERVAL_MS = 1_000
/** Events may be folded so much later than they were received. */
const WINDOW_MS = 60_000

export interface LiveCounterDeps {
  db: Db
  hub: LiveHub
  /** PostgreSQL's clock, ms since the epoch. */
  now(): number
}

export function liveCounter({ db, hub, now }: LiveCounterDeps): ChildSpec {
  return {
    id: 'live-counter',
    restart: 'permanent',
    shutdownMs: 2_000,
    async start({ signal, ready }) {
      const told = createTold()
      ready()
      while (!signal.aborted) {
        const projects = [...hub.projects()]
        told.keep(projects)
        if (projects.length > 0) {
          const since = new Date(now() - WINDOW_MS)
          const asked = projects.map((projectId) => ({ projectId, since }))
          const rows = await listRecentCounts(db, asked, MAX_LIVE_COUNTS)
          for (const [projectId, ofProject] of Map.groupBy(rows, (row) => row.projectId)) {
            const changed = told.changes(projectId, ofProject)
            if (changed.length > 0) hub.publishCounts(projectId, changed)
          }
        }
        await pause(INTERVAL_MS, signal)
      }
    },
  }
}

/** What was told last of each issue; at most one answer's worth for a project. */
export function createTold() {
  const rooms = new Map<number, Map<string, string>>()
  return {
    keep(projects: readonly number[]): void {
      const kept = new Set(projects)
      for (const projectId of rooms.keys()) if (!kept.has(projectId)) rooms.delete(projectId)
    },
    /** Newest first. */
    changes(projectId: number, rows: readonly CountsRow[]): LiveCounts[] {
      const before = rooms.get(projectId)
      const after = new Map<string, string>()
      const changed: LiveCounts[] = []
      for (const row of rows) {
        const state = `${row.eventCount}:${row.userCount}:${row.lastSeen.getTime()}:${row.level}`
        after.set(row.id, state)
        if (before?.get(row.id) === state) continue
        changed.push({
          id: row.id,
          eventCount: row.eventCount,
          userCount: row.userCount,
          lastSeen: row.lastSeen.toISOString(),
          level: levelFromNumber(row.level),
        })
      }
      rooms.set(projectId, after)
      return changed
    },
  }
}
