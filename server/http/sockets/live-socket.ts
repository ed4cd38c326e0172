// One live socket: subscriptions in, what happens out. In: an upgraded socket, who it is, and the rooms of the node;
// out: `closed`, once.
//
// What it is asked is done one after the other, and it is not read meanwhile: a flood of questions waits at its sender.
// What it is told goes through a queue that drops the oldest when it is not read (streaming/drain-queue.ts).
//
//   open → closing (a close frame is on its way) → closed; any → closed (the connection broke)
import { performance } from 'node:perf_hooks'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { DomainError } from '#server/domain/errors.ts'
import { newsSince } from '#server/domain/live/news.ts'
import type { AskedStandings, Standings } from '#server/domain/live/standings.ts'
import { createDrainQueue, type DrainQueue } from '#server/streaming/drain-queue.ts'
import {
  countsMessage,
  onceText,
  type LiveHub,
  type LiveListener,
  type PublishedNews,
} from '#server/streaming/live-hub.ts'
import { isAfter, positionText, readPosition, type NewsPosition } from '#server/streaming/position.ts'
import {
  LIVE_RING,
  MAX_LIVE_CATCH_UP,
  MAX_LIVE_EVENTS_PER_SECOND,
  MAX_LIVE_MISTAKES,
  MAX_LIVE_SUBSCRIPTIONS,
} from '#shared/constants/limits.ts'
import type { LiveRef, LiveSubscribe } from '#shared/schemas/live.ts'
import type { Actor } from '../authenticate.ts'
import { log } from '../log.ts'
import { noteFaultHere } from '../note-fault.ts'
import { toProblem } from '../problem.ts'
import { proveMember, proveStanding } from '../require-member.ts'
import { runInScope, type Scope } from '../scope.ts'
import type { SocketTiming } from './ingest-socket.ts'
import { liveErrorText, readLiveMessage } from './live-message.ts'

export interface LiveSocketOptions {
  ws: WebSocket
  /** What the socket was upgraded from. */
  connection: Duplex
  hub: LiveHub
  actor: Actor
  scope: Scope
  timing: Pick<SocketTiming, 'pingMs' | 'closeMs'>
  /** Called once, when the connection is gone. */
  closed(): void
}

/** What everybody needs who looks. */
export const NEEDED = { role: 'member', scope: 'event:read' } as const

const CLOSE = { goingAway: 1001, refused: 1008, failed: 1011 } as const

/** What no well-meant program does often. */
const MISTAKES: ReadonlySet<string> = new Set([
  'invalid_message',
  'invalid_json',
  'too_deep',
  'too_many_subscriptions',
])

interface Subscription {
  /** `{"id":…,`: what every message to it begins with. */
  head: string
  projectId: number | null
  orgId: number
  /** Only about this one. */
  issueId: string | undefined
  paused: boolean
  /** Events of this second, or of a pause, that were not sent. */
  skipped: number
  /** News that arrived while what came before them is still read; null: nothing is. */
  held: { news: PublishedNews; text: string }[] | null
  /** What was read from the outbox: the node's own reading, which is behind, tells it once more. */
  readTo: NewsPosition | null
  leave(): void
}

export class LiveSocket {
  readonly userId: string
  readonly #o: LiveSocketOptions
  readonly #queue: DrainQueue
  readonly #subscriptions = new Map<LiveRef, Subscription>()
  #state: 'open' | 'closing' | 'closed' = 'open'
  #asked: { data: Buffer; isBinary: boolean }[] = []
  #answering = false
  #mistakes = 0
  /** Events sent since the last tick. */
  #events = 0
  #flushPlanned = false
  #drained: PromiseWithResolvers<void> | undefined
  #pingAt: number
  #pongDue = false

  constructor(options: LiveSocketOptions) {
    const { ws, connection, actor, scope, timing } = options
    this.#o = options
    this.userId = actor.userId
    this.#queue = createDrainQueue({
      unread: () => ws.bufferedAmount,
      write: (texts) => this.#write(texts),
    })
    this.#pingAt = performance.now() + timing.pingMs
    scope.fail = () => this.#close(CLOSE.failed, 'Something went wrong on our side')
    ws.on('message', (data, isBinary) => this.#own(() => this.#receive(data, isBinary)))
    ws.on('error', () => this.#own(() => this.#abandon())) // the library has sent its close frame
    ws.on('close', () => this.#own(() => this.#end()))
    connection.on('data', () => (this.#pongDue = false))
    connection.on('drain', () => this.#planFlush())
  }

  /** Called once a second. */
  tick(): void {
    this.#own(() => {
      if (this.#state !== 'open') return
      this.#events = 0
      for (const [ref, one] of this.#subscriptions) {
        if (one.skipped > 0) this.#send({ type: 'events.skipped', id: ref, count: one.skipped })
        one.skipped = 0
      }
      this.#planFlush()
      this.#checkPeer(performance.now())
    })
  }

  /** What has to be known to go on. */
  standing(): AskedStandings {
    const { actor } = this.#o
    return {
      sessionIds: actor.kind === 'user' ? [actor.sessionId] : [],
      tokenIds: actor.kind === 'token' ? [actor.tokenId] : [],
      members: [...this.#subscriptions.values()].map(({ projectId, orgId }) => ({
        userId: actor.userId,
        projectId: projectId === null ? null : String(projectId),
        orgId: projectId === null ? orgId : null,
      })),
    }
  }

  /** Goes on with what is still allowed. */
  judge(standings: StandingsIndex): void {
    this.#own(() => {
      if (this.#state !== 'open') return
      const { actor } = this.#o
      const good =
        actor.kind === 'user' ? standings.sessions.has(actor.sessionId) : standings.tokens.has(actor.tokenId)
      if (!good) return this.#close(CLOSE.refused, 'The session or token is no longer valid')
      for (const [ref, one] of this.#subscriptions) {
        const found = standings.find(actor.userId, one)
        // It began after the question.
        if (found === undefined) continue
        try {
          proveStanding(actor, found && { id: found.orgId, role: found.role }, NEEDED)
        } catch (error) {
          if (!(error instanceof DomainError)) throw error
          this.#forget(ref)
          this.#send({ type: 'gone', id: ref })
        }
      }
    })
  }

  /** The node stops. */
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
        this.#fall(error)
      }
    })
  }

  #fall(error: unknown): void {
    log.error('A live socket failed', { error })
    noteFaultHere(error)
    this.#o.scope.fail?.(error)
  }

  // ── What it asks ─────────────────────────────────────────────────────────────────────────────────────────────────

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#state !== 'open') return
    this.#asked.push({ data: data as Buffer, isBinary }) // `binaryType` is left as it is: one Buffer a message
    if (this.#answering) return
    this.#answering = true
    this.#o.ws.pause()
    void this.#answerAll().then(
      () => {
        this.#answering = false
        if (this.#state === 'open') this.#o.ws.resume()
      },
      (error: unknown) => runInScope(this.#o.scope, () => this.#fall(error)),
    )
  }

  async #answerAll(): Promise<void> {
    for (let next = this.#asked.shift(); next; next = this.#asked.shift()) {
      if (this.#state !== 'open') return
      const read = readLiveMessage(next.data, next.isBinary)
      if (!read.ok) this.#refuse(read.ref, read.error)
      else {
        const { message } = read
        try {
          if (message.type === 'subscribe') await this.#subscribe(message)
          else this.#change(message)
        } catch (error) {
          this.#refuse(message.id, error)
        }
      }
      // Answers that are not read are not piled up: whoever asks has to listen.
      await this.#room()
    }
  }

  #refuse(ref: LiveRef | undefined, error: unknown): void {
    // What is ours ends the socket, loudly: the page connects again.
    if (!(error instanceof DomainError) && !isTrouble(error)) throw error
    this.#push(liveErrorText(ref, error))
    const { code } = error as { code?: string } // a DomainError, or what PostgreSQL said
    if (!MISTAKES.has(code ?? '')) return
    if (++this.#mistakes >= MAX_LIVE_MISTAKES) this.#close(CLOSE.refused, 'Too many messages make no sense')
  }

  #change({ type, id }: { type: 'unsubscribe' | 'pause' | 'resume'; id: LiveRef }): void {
    const one = this.#subscriptions.get(id)
    if (!one) throw new DomainError('not_found', undefined, 'There is no subscription of that id')
    if (type === 'unsubscribe') {
      this.#forget(id)
      this.#send({ type: 'unsubscribed', id })
    } else one.paused = type === 'pause'
  }

  async #subscribe(message: LiveSubscribe): Promise<void> {
    const { actor, hub } = this.#o
    const { id, filters = {}, events = true } = message
    if (this.#subscriptions.has(id))
      throw new DomainError('conflict', undefined, 'There is a subscription of that id already')
    if (this.#subscriptions.size >= MAX_LIVE_SUBSCRIPTIONS) throw new DomainError('too_many_subscriptions')
    const since = message.since === undefined ? null : readPosition(message.since)
    if (message.since !== undefined && !since)
      throw new DomainError('invalid_message', undefined, 'since: That is no position')
    const place = message.projectId === undefined ? { org: message.org! } : { project: message.projectId } // one of the two, says the schema
    const { org, project } = await proveMember(actor, place, NEEDED)
    await hub.begun
    if (this.#state !== 'open') return
    const one: Subscription = {
      head: `{"id":${JSON.stringify(id)},`,
      projectId: project?.id ?? null,
      orgId: org.id,
      issueId: filters.issueId,
      paused: false,
      skipped: 0,
      held: since ? [] : null,
      readTo: null,
      leave: () => {},
    }
    const listener = this.#listener(one)
    one.leave = project
      ? hub.listen(project.id, { filters: events ? filters : undefined }, listener)
      : hub.listenToOrg(org.id, listener)
    this.#subscriptions.set(id, one)
    const here = hub.position
    // Until what was missed has been told, nothing after `since` is known to have arrived.
    const position = message.since ?? (here ? positionText(here, Date.now()) : null)
    this.#send({ type: 'subscribed', id, position })
    if (!since) return
    try {
      await this.#catchUp(id, one, since, here)
    } catch (error) {
      // It would hear nothing, and its name could not be used again.
      if (this.#subscriptions.get(id) === one) this.#forget(id)
      throw error
    }
  }

  /** First what happened since, then what happened while that was read; each once, in order. */
  async #catchUp(
    ref: LiveRef,
    one: Subscription,
    since: NewsPosition & { toldAt: number },
    here: NewsPosition | undefined,
  ): Promise<void> {
    const of = one.projectId === null ? { orgId: one.orgId } : { projectId: one.projectId }
    const now = Date.now()
    const missed = await newsSince(of, since, (position) => positionText(position, now))
    const held = one.held ?? []
    if (missed === null || held.length > MAX_LIVE_CATCH_UP) {
      const position = here ? positionText(here, now) : null
      this.#send({ type: 'reset', id: ref, position })
    }
    let last: NewsPosition = since
    for (const news of missed ?? []) {
      if (this.#subscriptions.get(ref) !== one) return
      last = news.position
      if (one.projectId !== null && news.message.type === 'alert') continue
      if (one.issueId !== undefined && news.issueId !== one.issueId) continue
      this.#push(one.head + JSON.stringify(news.message).slice(1))
      await this.#room()
    }
    one.held = null
    one.readTo = last
    for (const { news, text } of held) if (isAfter(news.position, last)) this.#push(one.head + text.slice(1))
  }

  #forget(ref: LiveRef): void {
    this.#subscriptions.get(ref)?.leave()
    this.#subscriptions.delete(ref)
  }

  // ── What it is told ──────────────────────────────────────────────────────────────────────────────────────────────

  #listener(one: Subscription): LiveListener {
    const { issueId } = one
    const isAbout = (id: string | null) => issueId === undefined || id === issueId
    return {
      event: (event) => {
        if (one.paused || this.#events >= MAX_LIVE_EVENTS_PER_SECOND) return void one.skipped++
        this.#events++
        this.#push(one.head + event.text().slice(1))
      },
      missed: (count) => {
        one.skipped += count
      },
      news: (news, message) => {
        if (!isAbout(news.issueId)) return
        if (one.readTo && !isAfter(news.position, one.readTo)) return
        if (one.held === null) this.#push(one.head + message.text().slice(1))
        else if (one.held.length <= MAX_LIVE_CATCH_UP) one.held.push({ news, text: message.text() })
      },
      counts: (counts, message) => {
        if (issueId === undefined) return this.#push(one.head + message.text().slice(1))
        const own = counts.filter(({ id }) => id === issueId)
        if (own.length === 0 || one.projectId === null) return
        this.#push(
          one.head +
            onceText(() => countsMessage(one.projectId!, own))
              .text()
              .slice(1),
        )
      },
      fail: (error) => runInScope(this.#o.scope, () => this.#fall(error)),
    }
  }

  #send(message: { type: string; [field: string]: unknown }): void {
    this.#push(JSON.stringify(message))
  }

  #push(text: string): void {
    if (this.#state !== 'open') return
    this.#queue.push(text)
    this.#planFlush()
  }

  #planFlush(): void {
    if (this.#flushPlanned || this.#state !== 'open') return
    this.#flushPlanned = true
    // All of a turn of the event loop is one write.
    setImmediate(() =>
      this.#own(() => {
        this.#flushPlanned = false
        this.#queue.flush()
        if (this.#queue.waiting <= LIVE_RING / 4) this.#drained?.resolve()
      }),
    )
  }

  /** Resolves when there is room for more in the queue, or nobody to send it to. */
  async #room(): Promise<void> {
    while (this.#state === 'open' && this.#queue.waiting > LIVE_RING / 2) {
      this.#drained = Promise.withResolvers()
      this.#planFlush()
      await this.#drained.promise
    }
  }

  #write(texts: readonly string[]): void {
    const { ws, connection } = this.#o
    if (ws.readyState !== ws.OPEN) return
    connection.cork()
    for (const text of texts) ws.send(text)
    connection.uncork()
  }

  // ── The connection ───────────────────────────────────────────────────────────────────────────────────────────────

  #checkPeer(now: number): void {
    const { ws, timing } = this.#o
    if (now < this.#pingAt) return
    this.#pingAt = now + timing.pingMs
    // While it is not read, no pong can be heard.
    if (ws.isPaused) this.#pongDue = false
    else if (this.#pongDue) ws.terminate()
    else {
      this.#pongDue = true
      ws.ping()
    }
  }

  #close(code: number, reason: string): void {
    if (this.#state !== 'open') return
    this.#queue.flush()
    const { ws } = this.#o
    ws.close(code, reason)
    // Its close frame has to be read, behind whatever it has sent.
    ws.resume()
    this.#abandon()
  }

  #abandon(): void {
    if (this.#state === 'closed') return
    this.#state = 'closing'
    this.#release()
    const { ws, timing } = this.#o
    setTimeout(() => ws.terminate(), timing.closeMs).unref()
  }

  #end(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#release()
    this.#o.closed()
  }

  #release(): void {
    for (const ref of [...this.#subscriptions.keys()]) this.#forget(ref)
    this.#asked = []
    this.#drained?.resolve()
  }
}

/** PostgreSQL is away, or too slow: said in words, and asked again by the page. */
const isTrouble = (error: unknown): boolean => toProblem(error).body.error.code !== 'internal'

/** What PostgreSQL said, by who was asked about. */
export interface StandingsIndex {
  sessions: ReadonlySet<string>
  tokens: ReadonlySet<number>
  /** Null: no place there; undefined: it was not asked about. */
  find(
    userId: string,
    of: { projectId: number | null; orgId: number },
  ): Standings['members'][number] | null | undefined
}
