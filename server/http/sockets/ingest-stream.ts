// `WS /api/v1/events/stream`: a connection that stays, for programs that send much or all the time (design §3.1). The
// key is proved at the upgrade and again all the while; the sockets of the node are kept here, told to stop here, and
// looked after by one timer.
import type { IncomingMessage } from 'node:http'
import { WebSocketServer } from 'ws'
import { DomainError } from '#server/domain/errors.ts'
import type { IngestKey } from '#server/domain/projects/key-cache.ts'
import { findLine } from '#server/pipeline/line.ts'
import { measures } from '#server/system/measures.ts'
import { MAX_EVENT_BYTES, MAX_STREAM_SOCKETS, MAX_STREAM_SOCKETS_PER_KEY } from '#shared/constants/limits.ts'
import { credentialOf, proveKey } from '../ingest-credential.ts'
import { IngestSocket, type SocketTiming } from './ingest-socket.ts'
import { refuseUpgrade, type SocketDoor } from './upgrade.ts'

export const INGEST_STREAM_PATH = '/api/v1/events/stream'

/** Keys are reread every 2 s: with this on top a disabled one has no socket after 5. */
const TICK_MS = 1_000
const TIMING: SocketTiming = { pingMs: 30_000, stallMs: 60_000, closeMs: 2_000 }

/** @param options for tests that cannot wait for minutes */
export function createIngestStream({
  tickMs = TICK_MS,
  timing = TIMING,
}: { tickMs?: number; timing?: SocketTiming } = {}): SocketDoor {
  const sockets = new Set<IngestSocket>()
  let closed = false
  let allGone: (() => void) | undefined
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_EVENT_BYTES,
    // A message sent byte by byte would be held as so many objects, each far larger than its byte. Whole segments of the
    // smallest usual size make 2,000.
    maxBufferedChunks: 4_096,
    maxFragments: 1_024,
    // Deflating costs more than the bytes it saves on the way to a collector, and a context of its own per socket.
    perMessageDeflate: false,
  })
  server.on('wsClientError', (_error, connection) =>
    refuseUpgrade(connection, new DomainError('bad_upgrade')),
  )
  // Nobody's but the door's: made here, it belongs to no socket's scope.
  setInterval(() => {
    for (const socket of sockets) socket.tick()
  }, tickMs).unref()

  return {
    async open({ req, connection, head, scope }) {
      const { line, key } = await prove(req)
      // The node may have begun to stop, or others may have come, while the key was looked up.
      if (closed || !hasRoom(key)) throw new DomainError('overloaded', { retryAfterSeconds: 30 })
      server.handleUpgrade(req, connection, head, (ws) => {
        const socket: IngestSocket = new IngestSocket({
          ws,
          connection,
          line,
          key,
          origin: req.headers.origin,
          userAgent: req.headers['user-agent'],
          scope,
          timing,
          closed() {
            if (sockets.delete(socket)) measures.socketsOpen--
            if (sockets.size === 0) allGone?.()
          },
        })
        sockets.add(socket)
        measures.socketsOpen++
      })
    },
    async close(withinMs) {
      closed = true
      if (sockets.size === 0) return
      const gone = new Promise<void>((resolve) => (allGone = resolve))
      for (const socket of sockets) socket.finish()
      const patience = setTimeout(() => {
        for (const socket of sockets) socket.leave()
      }, withinMs)
      await gone
      clearTimeout(patience)
    },
  }

  function hasRoom({ publicKey }: IngestKey): boolean {
    if (sockets.size >= MAX_STREAM_SOCKETS) return false
    let same = 0
    for (const socket of sockets) if (socket.publicKey === publicKey) same++
    return same < MAX_STREAM_SOCKETS_PER_KEY
  }
}

async function prove(req: IncomingMessage) {
  const line = findLine()
  if (!line?.open) throw new DomainError('overloaded', { retryAfterSeconds: 2 })
  const publicKey = credentialOf(req)
  if (publicKey === null) throw new DomainError('missing_key')
  return { line, key: await proveKey(line, req, publicKey) }
}
