// From HTTP to a socket. In: a request that asks for the upgrade; out: a door has taken the connection over, or it was
// answered in plain HTTP and closed. Whatever goes wrong ends this one connection: nothing escapes (design §9).
import { randomUUID } from 'node:crypto'
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { DomainError } from '#server/domain/errors.ts'
import { log } from '../log.ts'
import { noteFaultHere } from '../note-fault.ts'
import { toProblem } from '../problem.ts'
import { runInScope, type Scope } from '../scope.ts'

export interface Upgrade {
  req: IncomingMessage
  connection: Duplex
  /** What the client sent behind its request. */
  head: Buffer
  /** Owner of the connection; who takes it over sets `fail` to how it ends then. */
  scope: Scope
}

export interface SocketDoor {
  /**
   * Proves who asks, and takes the connection over.
   * @throws DomainError why not; answered as plain HTTP
   */
  open(upgrade: Upgrade): Promise<void>
  /** Nothing new; what was begun is finished, for this long at most, and everybody is told to go. */
  close(withinMs: number): Promise<void>
}

/** For the peer to read the answer and hang up by itself. */
const LINGER_MS = 2_000

/** Only these reach `serveUpgrade`: offers of other protocols (`h2c`) are ignored, as RFC 9110 says, and answered in HTTP. */
export const isSocketUpgrade = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket'

/** @param door of that address; undefined where there is none */
export function serveUpgrade(
  door: SocketDoor | undefined,
  req: IncomingMessage,
  connection: Duplex,
  head: Buffer,
): void {
  connection.on('error', () => connection.destroy())
  const refuse = (error: unknown) => refuseUpgrade(connection, error)
  const peerAddress = req.socket.remoteAddress ?? null
  const scope: Scope = { kind: 'socket', id: randomUUID(), peerAddress, fail: refuse }
  runInScope(scope, () => {
    Promise.try(() => {
      if (!door) throw new DomainError('not_found', undefined, 'There is no socket at this address')
      return door.open({ req, connection, head, scope })
    }).catch((error: unknown) => {
      // A refusal logs what is ours; taken over already, nobody else would.
      if (scope.fail !== refuse) {
        log.error('A socket failed', { error })
        noteFaultHere(error)
      }
      scope.fail?.(error)
    })
  })
}

/** Answers in plain HTTP: before the upgrade there is no other way to say anything. */
export function refuseUpgrade(connection: Duplex, error: unknown): void {
  if (connection.destroyed || connection.writableEnded) return
  const { status, body, retryAfterSeconds } = toProblem(error)
  const text = JSON.stringify(body)
  const headers = {
    connection: 'close',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': retryAfterSeconds }),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  // What is still unread would turn the close into a reset, and the answer would be lost with it.
  connection.resume()
  connection.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`)
  setTimeout(() => connection.destroy(), LINGER_MS).unref()
}
