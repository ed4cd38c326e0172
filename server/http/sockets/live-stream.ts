// `WS /api/v1/live`: what happens, as it happens (design §7, docs/live.md). Who asks is proved at the upgrade, by session
// or API token; about what, at each subscription; and all of it again every few seconds, in one question for all sockets
// of the node. They are kept here, told to stop here, and looked after by two timers.
import { ServerResponse, type IncomingMessage } from 'node:http'
import { createEvent } from 'h3'
import { WebSocketServer } from 'ws'
import { DomainError } from '#server/domain/errors.ts'
import { currentStandings, type Standing } from '#server/domain/live/standings.ts'
import { findLiveHub } from '#server/streaming/live.ts'
import { measures } from '#server/system/measures.ts'
import {
  MAX_LIVE_MESSAGE_BYTES,
  MAX_LIVE_SOCKETS,
  MAX_LIVE_SOCKETS_PER_USER,
} from '#shared/constants/limits.ts'
import { authenticate, shownToken, type Actor } from '../authenticate.ts'
import { log } from '../log.ts'
import { proveTokenScope } from '../require-member.ts'
import { assertTrustedHost, assertTrustedOrigin } from '../trust.ts'
import type { SocketTiming } from './ingest-socket.ts'
import { LiveSocket, NEEDED, type LiveSocketOptions, type StandingsIndex } from './live-socket.ts'
import { refuseUpgrade, type SocketDoor } from './upgrade.ts'

export const LIVE_PATH = '/api/v1/live'

const TICK_MS = 1_000
const RECHECK_MS = 3_000
const TIMING: LiveSocketOptions['timing'] = { pingMs: 30_000, closeMs: 2_000 }

/** @param options for tests that cannot wait for minutes */
export function createLiveStream({
  tickMs = TICK_MS,
  recheckMs = RECHECK_MS,
  timing = TIMING,
}: {
  tickMs?: number
  recheckMs?: number
  timing?: Pick<SocketTiming, 'pingMs' | 'closeMs'>
} = {}): SocketDoor {
  const sockets = new Set<LiveSocket>()
  let closed = false
  let allGone: (() => void) | undefined
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_LIVE_MESSAGE_BYTES,
    maxBufferedChunks: 1_024,
    maxFragments: 64,
    // A context per socket would cost more memory than everything else of it.
    perMessageDeflate: false,
  })
  server.on('wsClientError', (_error, connection) =>
    refuseUpgrade(connection, new DomainError('bad_upgrade')),
  )
  // Nobody's but the door's: made here, they belong to no socket's scope.
  setInterval(() => {
    for (const socket of sockets) socket.tick()
  }, tickMs).unref()
  const recheck = createRecheck(sockets)
  setInterval(() => void recheck(), recheckMs).unref()

  return {
    async open({ req, connection, head, scope }) {
      const actor = await prove(req)
      // Looked for after the question: the node may have begun to stop meanwhile, or others may have come.
      const hub = findLiveHub()
      if (!hub || closed) throw new DomainError('overloaded', { retryAfterSeconds: 2 })
      if (!hasRoom(actor))
        throw new DomainError('overloaded', { retryAfterSeconds: 30 }, 'There are too many live sockets')
      server.handleUpgrade(req, connection, head, (ws) => {
        const socket: LiveSocket = new LiveSocket({
          ...{ ws, connection, hub, actor, scope, timing },
          closed() {
            if (sockets.delete(socket)) measures.liveSocketsOpen--
            if (sockets.size === 0) allGone?.()
          },
        })
        sockets.add(socket)
        measures.liveSocketsOpen++
      })
    },
    async close() {
      closed = true
      if (sockets.size === 0) return
      const gone = new Promise<void>((resolve) => (allGone = resolve))
      for (const socket of sockets) socket.leave()
      await gone
    },
  }

  function hasRoom({ userId }: Actor): boolean {
    if (sockets.size >= MAX_LIVE_SOCKETS) return false
    let same = 0
    for (const socket of sockets) if (socket.userId === userId) same++
    return same < MAX_LIVE_SOCKETS_PER_USER
  }
}

/** As every door of the management API does (define-endpoint.ts), and the Origin whenever a cookie could be abused. */
async function prove(req: IncomingMessage): Promise<Actor> {
  // The framework's view of a request; nothing is ever answered by it.
  const event = createEvent(req, new ServerResponse(req))
  if (shownToken(event) === null) {
    assertTrustedHost(event)
    if (req.headers.cookie !== undefined) assertTrustedOrigin(event)
  }
  const actor = await authenticate(event)
  if (!actor) throw new DomainError('unauthenticated')
  proveTokenScope(actor, NEEDED.scope)
  return actor
}

/** One question at a time: a slow answer is waited for, and the next round comes later. */
function createRecheck(sockets: ReadonlySet<LiveSocket>): () => Promise<void> {
  let busy = false
  let failed = false
  return async () => {
    if (busy || sockets.size === 0) return
    busy = true
    try {
      const asked = [...sockets].map((socket) => ({ socket, of: socket.standing() }))
      const members = new Map<string, { userId: string; projectId: string | null; orgId: number | null }>()
      for (const { of } of asked) for (const one of of.members) members.set(keyOf(one), one)
      const found = await currentStandings({
        sessionIds: [...new Set(asked.flatMap(({ of }) => of.sessionIds))],
        tokenIds: [...new Set(asked.flatMap(({ of }) => of.tokenIds))],
        members: [...members.values()],
      })
      const known = new Map<string, Standing | null>([...members.keys()].map((key) => [key, null]))
      for (const one of found.members)
        known.set(keyOf({ ...one, orgId: one.projectId === null ? one.orgId : null }), one)
      const index: StandingsIndex = {
        sessions: new Set(found.sessionIds),
        tokens: new Set(found.tokenIds),
        find: (userId, { projectId, orgId }) =>
          known.get(
            keyOf(
              projectId === null
                ? { userId, projectId: null, orgId }
                : { userId, projectId: String(projectId), orgId: null },
            ),
          ),
      }
      for (const { socket } of asked) socket.judge(index)
      failed = false
    } catch (error) {
      // While PostgreSQL is away nothing is told either. Said once.
      if (!failed) log.error('Live sockets could not be checked', { error })
      failed = true
    } finally {
      busy = false
    }
  }
}

const keyOf = (one: { userId: string; projectId: string | null; orgId: number | null }): string =>
  `${one.userId}:${one.projectId ?? ''}:${one.orgId ?? ''}`
