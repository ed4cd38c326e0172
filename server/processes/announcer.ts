// The announcer: reads the outbox in an order that late commits cannot upset and tells the rooms of this node. It looks
// twice a second, so news of other nodes arrives too.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import { findOutboxEnd, listOutbox, type OutboxPosition } from '#server/storage/outbox/list-outbox.ts'
import type { Db } from '#server/storage/database.ts'
import type { LivePublisher } from './live-publisher.ts'

const INTERVAL_MS = 500
const PAGE = 500

export interface AnnouncerDeps {
  db: Db
  live: Pick<LivePublisher, 'began' | 'announced'>
  announced(news: number): void
}

export function announcer(deps: AnnouncerDeps): ChildSpec {
  // Kept across restarts of the process: what fell with it is announced again, receivers know ids they have seen.
  let position: OutboxPosition | undefined
  return {
    id: 'announcer',
    restart: 'permanent',
    shutdownMs: 2_000,
    async start({ signal, ready }) {
      position ??= await findOutboxEnd(deps.db)
      deps.live.began(position)
      ready()
      while (!signal.aborted) {
        const rows = await listOutbox(deps.db, position, PAGE)
        await deps.live.announced(rows)
        deps.announced(rows.length)
        position = rows.at(-1)?.position ?? position
        if (rows.length < PAGE) await pause(INTERVAL_MS, signal)
      }
    },
  }
}
