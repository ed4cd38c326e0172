// What this node tells the rooms: events after the commit that stored them, on whatever node somebody looks at them, and
// news as the announcer reads them (every node reads those itself). Nothing is made for a project that nobody looks at.
// The writer does not wait for any of it; when events come faster than their
// issues can be looked up, the oldest are counted instead of told.
import { OVERFLOW } from '#server/domain/grouping/overflow.ts'
import { isAlert, newsMessages } from '#server/domain/live/news.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import type { Verdict } from '#server/pipeline/outcome.ts'
import type { Db } from '#server/storage/database.ts'
import type { GroupKey } from '#server/storage/groups/find-groups.ts'
import { listIssueIds } from '#server/storage/groups/list-issue-ids.ts'
import type { OutboxPosition, OutboxRow } from '#server/storage/outbox/list-outbox.ts'
import { listProjectOrgs } from '#server/storage/projects/list-project-orgs.ts'
import type { LiveHub, PublishedEvent } from '#server/streaming/live-hub.ts'
import type { LiveRooms } from './live-rooms.ts'
import { positionText } from '#server/streaming/position.ts'
import { levelFromNumber } from '#shared/constants/levels.ts'

/** Ten full batches. */
const MAX_WAITING = 5_000
/** A lookup and its publishing hold the event loop: no more at a time. */
const TURN_EVENTS = 500
/** A change of many issues is as many news at once: a quarter of what waits for a socket, then it is written. */
const TURN_NEWS = 64

export interface LivePublisher {
  /** After the commit of a batch; returns at once. */
  stored(batch: readonly Encoded[], verdicts: readonly Verdict[]): void
  /** Where the announcer begins. */
  began(position: OutboxPosition): void
  /** What the announcer read, in order. */
  announced(rows: readonly OutboxRow[]): Promise<void>
}

export interface LivePublisherDeps {
  db: Db
  hub: LiveHub
  /** On other nodes. */
  elsewhere: Pick<LiveRooms, 'heard' | 'publish'>
  log(message: string, fields: Record<string, unknown>): void
}

interface Told {
  event: Encoded
  sampled: boolean
}

export function createLivePublisher({ db, hub, elsewhere, log }: LivePublisherDeps): LivePublisher {
  const waiting: Told[] = []
  let busy = false

  async function publishWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const next = waiting.splice(0, TURN_EVENTS)
      await publishTurn(next).catch((error: unknown) => {
        miss(next)
        log('Events were not told to who looks at them', { error })
      })
      await turn()
    }
    busy = false
  }

  async function publishTurn(turn: readonly Told[]): Promise<void> {
    const issues = await issueIdsOf(db, turn)
    for (const [projectId, told] of Map.groupBy(turn, ({ event }) => event.projectId)) {
      const events = told.flatMap(({ event, sampled }) => {
        const issueId = issues(event)
        // Discarded or deleted meanwhile: there is nothing to look at.
        return issueId === undefined ? [] : [published(event, issueId, sampled)]
      })
      hub.publishEvents(projectId, events)
      if (events.length > 0 && elsewhere.heard(projectId)) elsewhere.publish(projectId, events)
    }
  }

  const isHeard = (projectId: number) => hub.has(projectId) || elsewhere.heard(projectId)

  function miss(told: readonly Told[]): void {
    for (const [projectId, missed] of Map.groupBy(told, ({ event }) => event.projectId))
      hub.publishMissed(projectId, missed.length)
  }

  return {
    stored(batch, verdicts) {
      for (const [i, event] of batch.entries()) {
        const { outcome } = verdicts[i]!
        if ((outcome !== 'stored' && outcome !== 'sampled') || !isHeard(event.projectId)) continue
        waiting.push({ event, sampled: outcome === 'sampled' })
      }
      if (waiting.length === 0 || busy) {
        if (waiting.length > MAX_WAITING) miss(waiting.splice(0, waiting.length - MAX_WAITING))
        return
      }
      busy = true
      void publishWaiting()
    },
    began(position) {
      hub.readTo(position)
    },
    async announced(rows) {
      const heard = rows.filter((row) => hub.has(row.projectId) || (hub.hasOrgListeners && isAlert(row)))
      if (heard.length > 0) {
        const now = Date.now()
        const messages = await newsMessages(db, heard, (position) => positionText(position, now))
        const alerts = hub.hasOrgListeners ? messages.filter(({ message }) => message.type === 'alert') : []
        const orgs =
          alerts.length > 0
            ? await listProjectOrgs(db, [...new Set(alerts.map(({ projectId }) => projectId))])
            : new Map<number, number>()
        for (const [i, news] of messages.entries()) {
          if (i > 0 && i % TURN_NEWS === 0) await turn()
          if (news.message.type !== 'alert') hub.publishNews(news)
          else if (orgs.has(news.projectId)) hub.publishAlert(orgs.get(news.projectId)!, news)
        }
      }
      const last = rows.at(-1)
      if (last) hub.readTo(last.position)
    },
  }
}

/** Everybody else gets theirs, and sockets write what they were told. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The issue each event belongs to now. Where a project made too many, it is the overflow group's. */
async function issueIdsOf(db: Db, told: readonly Told[]) {
  const keys = new Map<string, GroupKey>()
  for (const { event } of told) {
    for (const { version, hash } of [event.grouping, OVERFLOW.grouping]) {
      const key = { projectId: event.projectId, version, hash }
      keys.set(textOf(key), key)
    }
  }
  const found = new Map<string, string>()
  for (const row of await listIssueIds(db, [...keys.values()])) found.set(textOf(row), row.issueId)
  return ({ projectId, grouping }: Encoded): string | undefined =>
    found.get(textOf({ projectId, ...grouping })) ?? found.get(textOf({ projectId, ...OVERFLOW.grouping }))
}

const textOf = ({ projectId, version, hash }: GroupKey): string =>
  `${projectId}:${version}:${hash.toString('latin1')}`

/** As the list of events shows it (domain/events/event-view.ts). */
const published = (
  { eventId, stamp, description, row }: Encoded,
  issueId: string,
  sampled: boolean,
): PublishedEvent => ({
  row: {
    id: eventId,
    issueId,
    receivedAt: new Date(stamp.receivedAt).toISOString(),
    timestamp: new Date(row.occurredAt).toISOString(),
    level: levelFromNumber(row.level),
    title: description.title,
    message: row.message,
    environment: row.environment,
    release: row.release,
    tags: JSON.parse(row.tags) as Record<string, string>, // our own writing, stages/encode.ts
    user: row.userLabel,
    sampled,
  },
  platform: row.platform,
  transaction: row.transaction,
  search: row.search,
})
