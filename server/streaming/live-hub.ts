// The rooms of this node: who looks at a project hears its events, its news and its counts; who listens to an
// organisation hears its alerts. In: what processes publish, as plain data, so that another node's can be handed in as
// well; out: calls of listeners, with text that is made once for all of them.
//
// A filter is compiled once in a room, and asked once about an event, however many share it. Whoever throws pays alone:
// a listener ends, a filter ends its listeners.
import { levelToNumber } from '#shared/constants/levels.ts'
import { MAX_LIVE_FILTERS } from '#shared/constants/limits.ts'
import type { LiveCounts, LiveEvent, LiveFilters } from '#shared/schemas/live.ts'
import { DomainError } from '#server/domain/errors.ts'
import {
  compileEventFilter,
  readTsvectorText,
  type EventTest,
  type MatchableEvent,
} from '#server/domain/search/match-event.ts'
import type { NewsPosition } from './position.ts'

/** An event that was stored, or counted only: the row, and what filters ask beside it. */
export interface PublishedEvent {
  row: LiveEvent
  platform: string
  transaction: string | null
  /** tsvector as text. */
  search: string
}

/** News of the outbox as it is told: a message without its `id`. */
export interface PublishedNews {
  position: NewsPosition
  projectId: number
  issueId: string | null
  message: { type: string; [field: string]: unknown }
}

/** A message without its `id`, as text that is made when the first one asks. */
export interface LiveText {
  text(): string
}

export interface LiveListener {
  event(event: LiveText): void
  /** Events that nobody looked at, because there were too many. */
  missed(count: number): void
  news(news: PublishedNews, message: LiveText): void
  counts(counts: readonly LiveCounts[], message: LiveText): void
  /** It, or its filter, threw. It hears nothing more. */
  fail(error: unknown): void
}

export interface LiveHub {
  /** How far the news of this node were read; undefined before the first look. */
  readonly position: NewsPosition | undefined
  /** When the node listens to news: whoever asked before would not hear of what happened until then. */
  readonly begun: Promise<unknown>
  readTo(position: NewsPosition): void
  /** Does anybody look at this project? */
  has(projectId: number): boolean
  /** Projects that somebody looks at. */
  projects(): Iterable<number>
  readonly hasOrgListeners: boolean
  /** @throws DomainError for a filter that cannot be read, or is one too many */
  listen(projectId: number, options: ListenOptions, listener: LiveListener): () => void
  listenToOrg(orgId: number, listener: LiveListener): () => void
  publishEvents(projectId: number, events: readonly PublishedEvent[]): void
  publishMissed(projectId: number, count: number): void
  publishNews(news: PublishedNews): void
  publishAlert(orgId: number, news: PublishedNews): void
  publishCounts(projectId: number, counts: readonly LiveCounts[]): void
}

/** Told when the first listener of a project comes and when the last one leaves. */
export interface RoomWatch {
  opened(projectId: number): void
  closed(projectId: number): void
}

export interface ListenOptions {
  /** Undefined: no events. */
  filters?: LiveFilters
}

interface Filter {
  test: EventTest
  listeners: Set<LiveListener>
}
interface Room {
  listeners: Set<LiveListener>
  filters: Map<string, Filter>
}

export function createLiveHub(onError: (error: unknown) => void, watch?: RoomWatch): LiveHub {
  const rooms = new Map<number, Room>()
  const orgs = new Map<number, Set<LiveListener>>()
  const begun = Promise.withResolvers<unknown>()
  let position: NewsPosition | undefined

  function leave(projectId: number, listener: LiveListener): void {
    const room = rooms.get(projectId)
    if (!room) return
    room.listeners.delete(listener)
    for (const [key, filter] of room.filters)
      if (filter.listeners.delete(listener) && filter.listeners.size === 0) room.filters.delete(key)
    if (room.listeners.size > 0) return
    rooms.delete(projectId)
    watch?.closed(projectId)
  }

  /** Copies are not needed: a Set may lose members while it is walked. */
  function tell(listeners: Iterable<LiveListener>, work: (listener: LiveListener) => void): void {
    for (const listener of listeners) {
      try {
        work(listener)
      } catch (error) {
        end(listener, error)
      }
    }
  }

  function end(listener: LiveListener, error: unknown): void {
    for (const projectId of [...rooms.keys()]) leave(projectId, listener)
    for (const listeners of orgs.values()) listeners.delete(listener)
    onError(error)
    try {
      listener.fail(error)
    } catch (second) {
      onError(second)
    }
  }

  function publishEvent(room: Room, event: PublishedEvent): void {
    const matchable = toMatchable(event)
    const message = onceText(() => ({ type: 'event', event: event.row }))
    for (const { test, listeners } of room.filters.values()) {
      let fits: boolean
      try {
        fits = test(matchable)
      } catch (error) {
        for (const listener of [...listeners]) end(listener, error)
        continue
      }
      if (fits) tell(listeners, (listener) => listener.event(message))
    }
  }

  return {
    get position() {
      return position
    },
    begun: begun.promise,
    readTo(reached) {
      position = reached
      begun.resolve(undefined)
    },
    has: (projectId) => rooms.has(projectId),
    projects: () => rooms.keys(),
    get hasOrgListeners() {
      return orgs.size > 0
    },
    listen(projectId, { filters }, listener) {
      const room = rooms.get(projectId) ?? { listeners: new Set(), filters: new Map() }
      if (filters) {
        const key = keyOf(filters)
        let filter = room.filters.get(key)
        if (!filter) {
          if (room.filters.size >= MAX_LIVE_FILTERS)
            throw new DomainError('overloaded', undefined, 'Too many different filters look at this project')
          filter = { test: compileEventFilter(filters), listeners: new Set() }
          room.filters.set(key, filter)
        }
        filter.listeners.add(listener)
      }
      room.listeners.add(listener)
      if (!rooms.has(projectId)) {
        rooms.set(projectId, room)
        watch?.opened(projectId)
      }
      return () => leave(projectId, listener)
    },
    listenToOrg(orgId, listener) {
      const listeners = orgs.get(orgId) ?? new Set()
      orgs.set(orgId, listeners.add(listener))
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0 && orgs.get(orgId) === listeners) orgs.delete(orgId)
      }
    },
    publishEvents(projectId, events) {
      for (const event of events) {
        const room = rooms.get(projectId)
        if (!room) return
        publishEvent(room, event)
      }
    },
    publishMissed(projectId, count) {
      for (const { listeners } of rooms.get(projectId)?.filters.values() ?? [])
        tell(listeners, (listener) => listener.missed(count))
    },
    publishNews(news) {
      const message = onceText(() => news.message)
      tell(rooms.get(news.projectId)?.listeners ?? [], (listener) => listener.news(news, message))
    },
    publishAlert(orgId, news) {
      const message = onceText(() => news.message)
      tell(orgs.get(orgId) ?? [], (listener) => listener.news(news, message))
    },
    publishCounts(projectId, counts) {
      const message = onceText(() => countsMessage(projectId, counts))
      tell(rooms.get(projectId)?.listeners ?? [], (listener) => listener.counts(counts, message))
    },
  }
}

export const countsMessage = (projectId: number, issues: readonly LiveCounts[]) => ({
  type: 'issue.counts',
  projectId: String(projectId),
  issues,
})

/** The same filter whatever order it was written in. */
function keyOf({ level, environment, release, tags, issueId, query }: LiveFilters): string {
  const sorted = (values: readonly string[] | undefined) => values?.toSorted() ?? null
  const pairs = Object.entries(tags ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([sorted(level), sorted(environment), sorted(release), pairs, issueId, query])
}

export function onceText(message: () => unknown): LiveText {
  let made: string | undefined
  return { text: () => (made ??= JSON.stringify(message())) }
}

function toMatchable({ row, platform, transaction, search }: PublishedEvent): MatchableEvent {
  let lexemes: readonly string[] | undefined
  return {
    issueId: row.issueId,
    level: levelToNumber(row.level),
    platform,
    environment: row.environment,
    release: row.release,
    transaction,
    title: row.title,
    message: row.message,
    user: row.user,
    tags: row.tags,
    get lexemes() {
      return (lexemes ??= readTsvectorText(search))
    },
  }
}
