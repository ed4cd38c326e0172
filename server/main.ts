// The server's entry, in place of the framework's: it gives every request and socket an owner, and shuts down in our
// order (the framework's destroys sockets before anything was finished).
import '#nitro-internal-pollyfills'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { toNodeListener } from 'h3'
import { useNitroApp } from 'nitropack/runtime'
import { useConfig } from '#server/domain/settings.ts'
import { log } from '#server/http/log.ts'
import { noteFaultHere } from '#server/http/note-fault.ts'
import { currentScope, runInScope } from '#server/http/scope.ts'
import { countRequest } from '#server/system/measures.ts'
import { noteOwnFault } from '#server/system/own-faults.ts'
import { routeGroupOf } from '#server/system/route-group.ts'
import { isSocketUpgrade } from '#server/http/sockets/upgrade.ts'
import { findIngestDoor } from './ingest-doors.ts'
import { closeSockets, upgrade } from './socket-doors.ts'
import { currentProcessId } from '#server/runtime/supervisor.ts'
import { EXIT_EXHAUSTED, findNode, stopNode } from '#server/plugins/boot.ts'

/** In all, from signal to exit. */
const SHUTDOWN_MS = 10_000
/** For requests that were being answered when the signal came. */
const FINISH_MS = 5_000

const { h3App } = useNitroApp()
const handle = toNodeListener(h3App)
let inFlight = 0
let stopping = false

const { host, port, bodyTimeoutMs, drainMs } = useConfig()
const options = {
  shouldUpgradeCallback: isSocketUpgrade,
  // Longer than the usual proxy's idle time, so that it is the proxy that closes.
  keepAliveTimeout: 65_000,
  // Whoever sends a byte now and then is let go.
  requestTimeout: bodyTimeoutMs,
  headersTimeout: bodyTimeoutMs / 2,
  connectionsCheckingInterval: Math.min(30_000, bodyTimeoutMs / 2),
}
const server = createServer(options, (req, res) => {
  const id = randomUUID()
  const door = findIngestDoor(req.url ?? '')
  // An ingest door writes all its headers at once.
  if (!door) res.setHeader('x-request-id', id)
  if (stopping) res.setHeader('connection', 'close')
  inFlight++
  const began = performance.now()
  res.once('close', () => {
    inFlight--
    const group = door ? 'ingest' : routeGroupOf(req.url ?? '')
    const status = res.writableFinished ? res.statusCode : 'aborted'
    countRequest(group, status, (performance.now() - began) / 1_000)
  })
  const fail = () => {
    if (res.headersSent) return res.destroy()
    res.statusCode = 500
    res.setHeader('content-type', 'application/json')
    res.end(
      JSON.stringify({
        error: { code: 'internal', message: `Something went wrong on our side (request ${id})` },
      }),
    )
  }
  const about = () => `${req.method} ${(req.url ?? '').split('?', 1)[0]}`
  runInScope({ kind: 'request', id, peerAddress: req.socket.remoteAddress ?? null, about, fail }, () => {
    Promise.try(() => (door ? door.serve(req, res, door.projectId) : handle(req, res))).catch(
      (error: unknown) => {
        log.error('A request failed', { error })
        noteFaultHere(error)
        fail()
      },
    )
  })
})
server.on('upgrade', upgrade)

// An error nobody caught belongs to whoever's work it was: the request ends with 500, the process is restarted by its
// supervisor. Only what has no owner ends the node.
function attribute(kind: string, error: unknown): void {
  const scope = currentScope()
  const processId = currentProcessId()
  log.error(kind, { error, ...(processId ? { process: processId } : {}) })
  if (scope?.fail) {
    noteFaultHere(error)
    return scope.fail(error)
  }
  if (processId && findNode()?.supervision.crash(processId, error)) return
  noteOwnFault({ kind: 'unattributed', error, about: kind, fatal: true })
  process.exitCode = EXIT_EXHAUSTED
  void stop()
}
process.on('unhandledRejection', (error) => attribute('Unhandled rejection', error))
process.on('uncaughtException', (error) => attribute('Uncaught exception', error))

async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  await drain()
  setTimeout(() => process.exit(process.exitCode ?? 1), SHUTDOWN_MS).unref()
  server.close()
  server.closeIdleConnections()
  const line = findNode()?.line
  if (line) line.open = false
  const until = performance.now() + FINISH_MS
  const socketsClosed = closeSockets(FINISH_MS)
  // Requests that wait for the writer end when the writer has drained: that happens in stopNode.
  const drained = stopNode()
  while (inFlight > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
  await drained
  await socketsClosed
  server.closeAllConnections()
  process.exit(process.exitCode ?? 0)
}
/** Serves on for a while, so that a proxy which asks whether this node is ready stops sending to it first. */
async function drain(): Promise<void> {
  if (drainMs === 0 || process.exitCode !== undefined) return
  await findNode()?.drain()
  await new Promise((resolve) => setTimeout(resolve, drainMs))
}
process.on('SIGTERM', () => void stop())
process.on('SIGINT', () => void stop())

server.on('error', (error: NodeJS.ErrnoException) => {
  log.error(error.code === 'EADDRINUSE' ? `Port ${port} is in use` : 'The server failed', { error })
  process.exit(1)
})
server.listen({ host, port, backlog: 1_024 })
