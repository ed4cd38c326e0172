// One socket of the ingest stream: messages in, one answer each, in whatever order their batches commit. In: an upgraded
// socket and the key that was proved; out: `closed`, once.
//
// Flow control. A message is answered when its event is durable, so up to 1,000 wait here; then the socket is not read
// until half of them are answered, and the sender feels it in its own buffer. The same happens when it does not read
// what it is answered. One read may hold more messages than may be handled: those wait in `#queue`, in order.
//
//   open → finishing (the node stops: nothing is read, what waits is answered) → closing (a close frame is on its way)
//        → closed; open → closing; any → closed (the connection broke)
import { performance } from 'node:perf_hooks'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { DomainError } from '#server/domain/errors.ts'
import type { IngestKey } from '#server/domain/projects/key-cache.ts'
import type { Line } from '#server/pipeline/line.ts'
import { measures } from '#server/system/measures.ts'
import { MAX_EVENT_BYTES, MAX_STREAM_UNACKNOWLEDGED } from '#shared/constants/limits.ts'
import { refusalOf } from '../ingest-credential.ts'
import { errorOf, outcomeOf, rateLimited } from '../ingest-door.ts'
import { log } from '../log.ts'
import { noteFaultHere } from '../note-fault.ts'
import { runInScope, type Scope } from '../scope.ts'
import { createAnswers, type Answers } from './answers.ts'
import { createPartialMessage, type PartialMessage } from './partial-message.ts'
import { ackOf, errorAnswerOf, readMessage, type Ref, type StreamMessage } from './stream-message.ts'

export interface IngestSocketOptions {
  ws: WebSocket
  /** What the socket was upgraded from. */
  connection: Duplex
  line: Line
  key: IngestKey
  origin: string | undefined
  userAgent: string | undefined
  scope: Scope
  timing: SocketTiming
  /** Called once, when the connection is gone. */
  closed(): void
}

export interface SocketTiming {
  /** From one ping to the next; who has not answered by then is dead. */
  pingMs: number
  /** For a message to arrive whole, and for answers to be read. */
  stallMs: number
  /** For the peer to answer a close frame. */
  closeMs: number
}

const CLOSE = { goingAway: 1001, refused: 1008, failed: 1011, tryAgainLater: 1013 } as const
/**
 * Preparing an event is pure CPU: after this many in a row the connections of others get their turn. One read (64 KiB)
 * holds fewer of the usual size, so that reading seldom has to pause for it.
 */
const TURN_MESSAGES = 40

const overloaded = () => new DomainError('overloaded', { retryAfterSeconds: 5 })

export class IngestSocket {
  readonly publicKey: string
  readonly #o: IngestSocketOptions
  readonly #partial: PartialMessage
  readonly #answers: Answers
  #key: IngestKey
  #state: 'open' | 'finishing' | 'closing' | 'closed' = 'open'
  #unacknowledged = 0
  /** From the thousandth unacknowledged message until half of them are answered. */
  #full = false
  #queue: { data: Buffer; isBinary: boolean }[] = []
  #queueAt = 0
  #turnPlanned = false
  #handledInTurn = 0
  #paused = false
  #pingAt: number
  #pongDue = false

  constructor(options: IngestSocketOptions) {
    const { ws, connection, line, key, scope, timing } = options
    this.#o = options
    this.#key = key
    this.publicKey = key.publicKey
    this.#partial = createPartialMessage(line.budget)
    this.#answers = createAnswers(ws, connection)
    this.#pingAt = performance.now() + timing.pingMs
    scope.fail = () => this.#close(CLOSE.failed, 'Something went wrong on our side')
    ws.on('message', (data, isBinary) => this.#own(() => this.#receive(data, isBinary)))
    ws.on('ping', (data) => this.#own(() => this.#partial.control(data.length)))
    ws.on('pong', (data) => this.#own(() => this.#partial.control(data.length)))
    ws.on('error', (error) => this.#own(() => this.#break(error)))
    ws.on('close', () => this.#own(() => this.#end()))
    // Behind the library's own listener: the messages of this read were emitted by then.
    connection.on('data', (chunk: Buffer) => this.#own(() => this.#wasRead(chunk.length)))
    connection.on('drain', () => this.#planTurn())
  }

  /** Called about once a second: is the key still good, the peer still there? */
  tick(): void {
    this.#own(() => {
      if (this.#state !== 'open') return
      this.#checkKey()
      this.#checkPeer(performance.now())
    })
  }

  /** The node stops: what was accepted is answered, then the peer is told to go. */
  finish(): void {
    this.#own(() => {
      if (this.#state !== 'open') return
      this.#state = 'finishing'
      this.#pause()
      this.#planTurn()
    })
  }

  /** Does not wait any longer. */
  leave(): void {
    this.#own(() => this.#close(CLOSE.goingAway, 'The server is stopping'))
  }

  /** What runs for this socket is its own: an error ends it, and nothing else. */
  #own(work: () => void): void {
    const { scope } = this.#o
    runInScope(scope, () => {
      try {
        work()
      } catch (error) {
        log.error('A socket failed', { error })
        noteFaultHere(error)
        scope.fail?.(error)
      }
    })
  }

  // ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#state !== 'open') return
    this.#partial.complete()
    const bytes = data as Buffer // `binaryType` is left as it is: one Buffer a message
    if (this.#queue.length === 0 && this.#hasRoom()) return this.#handle(bytes, isBinary)
    this.#queue.push({ data: bytes, isBinary })
    this.#pause()
    this.#planTurn()
  }

  #hasRoom(): boolean {
    return !this.#full && this.#handledInTurn < TURN_MESSAGES && this.#answers.unreadSince === undefined
  }

  #handle(data: Buffer, isBinary: boolean): void {
    this.#handledInTurn++
    this.#planTurn()
    this.#judge(readMessage(data, isBinary), data.length).catch((fault: unknown) =>
      this.#own(() => {
        throw fault
      }),
    )
  }

  /** Budget, rate limit (what cannot be read counts too, as at the other doors), then the line. */
  async #judge(message: StreamMessage, bytes: number): Promise<void> {
    const { line, scope, userAgent } = this.#o
    const { ref } = message
    const began = performance.now()
    if (!line.budget.tryTake(bytes)) return this.#refuse(ref, overloaded())
    this.#full = ++this.#unacknowledged >= MAX_STREAM_UNACKNOWLEDGED
    if (this.#full) this.#pause()
    try {
      if (!(await line.limiter.admit(this.#key, 1))) throw rateLimited(line, this.#key)
      // Nobody writes any more what is handed over now.
      if (!line.open) throw overloaded()
      if ('error' in message) throw message.error
      const { project } = this.#key
      const { id, verdict } = await line.accept(
        { dialect: 'own', project, peerAddress: scope.peerAddress ?? undefined, userAgent },
        { payload: message.event },
      )
      // Verdicts were counted by whoever gave them.
      const error = errorOf(verdict)
      this.#answers.push(error ? errorAnswerOf(ref, error) : ackOf(ref, id))
      if (!error) measures.acknowledged.stream.observe((performance.now() - began) / 1_000)
    } catch (error) {
      // Also what nobody foresaw: such an event costs itself, not the socket, or it would be sent again for ever.
      this.#refuse(ref, error)
    } finally {
      line.budget.give(bytes)
      if (--this.#unacknowledged <= MAX_STREAM_UNACKNOWLEDGED / 2) this.#full = false
      this.#planTurn()
    }
  }

  #refuse(ref: Ref, error: unknown): void {
    this.#count(error)
    this.#answers.push(errorAnswerOf(ref, error))
  }

  #count(error: unknown): void {
    const { line } = this.#o
    const outcome = outcomeOf(error)
    if (outcome) line.tally.count(this.#key.project.id, outcome, line.clock.now())
  }

  // ── Turns: answers leave together, what waits goes on, reading stops and starts ──────────────────────────────────

  #planTurn(): void {
    if (this.#turnPlanned || this.#state === 'closed') return
    this.#turnPlanned = true
    // Behind the reads of this turn of the event loop and the commits that were heard of: all their answers are one write.
    setImmediate(() => this.#own(() => this.#turn()))
  }

  #turn(): void {
    this.#turnPlanned = false
    this.#handledInTurn = 0
    this.#answers.send()
    if (this.#state === 'finishing' && this.#unacknowledged === 0) return this.leave()
    if (this.#state !== 'open') return
    if (this.#answers.tooMany) return this.#close(CLOSE.refused, 'The answers are not read')
    if (this.#answers.unreadSince !== undefined) this.#pause()
    this.#handleQueue()
    if (!this.#paused || this.#queue.length > 0 || this.#full || this.#answers.unreadSince !== undefined)
      return
    this.#paused = false
    this.#o.ws.resume()
  }

  #handleQueue(): void {
    const queue = this.#queue
    while (this.#queueAt < queue.length && this.#hasRoom()) {
      const { data, isBinary } = queue[this.#queueAt++]!
      this.#handle(data, isBinary)
    }
    if (this.#queueAt < queue.length) return
    this.#queue = []
    this.#queueAt = 0
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#o.ws.pause()
  }

  // ── The connection ───────────────────────────────────────────────────────────────────────────────────────────────

  #wasRead(bytes: number): void {
    // Its pong may stand behind much else that it sent before: whoever sends is alive.
    this.#pongDue = false
    if (this.#state !== 'open' || this.#partial.read(bytes, performance.now())) return
    this.#count(overloaded())
    this.#close(CLOSE.tryAgainLater, 'The server is busy, try again later')
  }

  /** Settings of the project are taken over too: a socket may live for weeks. */
  #checkKey(): void {
    const found = this.#o.line.keys.find(this.publicKey)
    const judge = (key: IngestKey | null) => {
      const code = key ? refusalOf(key, this.#o.origin) : 'unknown_key'
      if (code) return this.#close(CLOSE.refused, new DomainError(code).message)
      this.#key = key!
    }
    if (!(found instanceof Promise)) return judge(found)
    // It was forgotten, and PostgreSQL is asked. While that is away, what was last known holds.
    found.then(
      (key) => this.#own(() => judge(key)),
      () => {},
    )
  }

  #checkPeer(now: number): void {
    const { ws, timing } = this.#o
    const stalledSince = Math.min(this.#partial.since ?? now, this.#answers.unreadSince ?? now)
    if (now - stalledSince > timing.stallMs)
      return this.#close(CLOSE.refused, 'A message did not arrive whole, or answers were not read')
    if (now < this.#pingAt) return
    this.#pingAt = now + timing.pingMs
    // While it is not read, no pong can be heard.
    if (this.#paused) this.#pongDue = false
    else if (this.#pongDue) ws.terminate()
    else {
      this.#pongDue = true
      ws.ping()
    }
  }

  /** What the library found wrong: it has sent its close frame. A frame that is too large counts like such a body. */
  #break(error: NodeJS.ErrnoException): void {
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
      this.#count(new DomainError('payload_too_large', { maxBytes: MAX_EVENT_BYTES }))
    this.#abandon()
  }

  #close(code: number, reason: string): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    const { ws } = this.#o
    this.#answers.send()
    ws.close(code, reason)
    // Its close frame has to be read, behind whatever it has sent.
    ws.resume()
    this.#abandon()
  }

  #abandon(): void {
    if (this.#state === 'closed') return
    this.#state = 'closing'
    this.#queue = []
    this.#partial.release()
    const { ws, timing } = this.#o
    setTimeout(() => ws.terminate(), timing.closeMs).unref()
  }

  #end(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#queue = []
    this.#partial.release()
    this.#o.closed()
  }
}
