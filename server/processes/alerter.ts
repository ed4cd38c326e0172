// The alerter: makes alerts of what transactions wrote to the outbox (new issues, regressions, escalations), within a
// second. Every node runs one; they read from the same place, and who writes first moves it (storage/alerts/
// fire-alerts.ts), so each cause alerts once and none waits for a node that is gone. Beside it, what was quiet for a
// window is resolved.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import { alertOn } from '#server/domain/alerts/alert-on.ts'
import { findOutboxReader } from '#server/storage/alerts/outbox-reader.ts'
import { listOutbox } from '#server/storage/outbox/list-outbox.ts'
import type { Db } from '#server/storage/database.ts'

const INTERVAL_MS = 500
/** Each may meet a hundred rules. */
const PAGE = 200

export function alerter(db: Db): ChildSpec {
  return {
    id: 'alerter',
    restart: 'permanent',
    shutdownMs: 2_000,
    async start({ signal, ready }) {
      ready()
      while (!signal.aborted) {
        const from = await findOutboxReader(db)
        const rows = await listOutbox(db, from, PAGE)
        if (rows.length > 0) await alertOn(db, from, rows)
        if (rows.length < PAGE) await pause(INTERVAL_MS, signal)
      }
    },
  }
}
