// DSN keys and the settings the ingest doors need, in memory. A known key costs a door nothing; an unknown one costs a
// question once. All keys in use are read again every 2 s in one statement (the `key-refresher` process), so a
// disabled key is refused, and a new limit holds, everywhere within 5 s; while PostgreSQL is away the last answer holds.
import { setTimeout as delay } from 'node:timers/promises'
import { DomainError } from '#server/domain/errors.ts'
import { findIngestKeys, type IngestKeyRow } from '#server/storage/projects/find-ingest-keys.ts'
import type { ScrubSettings } from '#shared/schemas/project.ts'
import { compileCounters, type Counter } from '../alerts/counters.ts'
import type { RetentionBefore } from '../ingest/stamp.ts'
import type { GroupingVersions } from '../grouping/versions.ts'
import type { Db } from '#server/storage/database.ts'
import { createOriginList, type OriginList } from './origin-list.ts'
import { readScrubSettings } from './scrub-settings.ts'

/** What the line needs to know of a project. */
export interface IngestProject {
  id: number
  retentionDays: number
  /** What was, or still is, in force until a moment; absent: it never changed. */
  retentionBefore?: RetentionBefore
  /** Share of events that is stored, 0 to 1; all are counted. */
  sampleRate: number
  scrub: ScrubSettings
  grouping: GroupingVersions
  /** What its alert rules count; absent or empty: nothing. */
  counters?: readonly Counter[]
}
export interface IngestKey {
  id: number
  publicKey: string
  active: boolean
  /** Empty: from everywhere. */
  allowedOrigins: OriginList
  /** Events a minute. `project` 0: no limit; `key` null: none of its own. */
  rateLimits: { project: number; key: number | null }
  project: IngestProject
}

export interface KeyCache {
  /** The key, null when there is none of that name. Rejects only when it is not cached and PostgreSQL is away. */
  find(publicKey: string): Promise<IngestKey | null> | IngestKey | null
  /** Reads all cached keys again. */
  refresh(): Promise<void>
  /** The public keys that were asked for, and are active, since the last call. */
  takeUsed(): string[]
  /** Puts back what could not be written down. */
  giveBackUsed(publicKeys: readonly string[]): void
  readonly size: number
}

const UNKNOWN_FOR_MS = 2_000
/** A server that does not answer must not hold the doors of those whose key is new to this node. */
const ANSWER_WITHIN_MS = 3_000
/** Someone guessing keys must not fill the memory. */
const MAX_UNKNOWN = 10_000
const UNUSED_FOR_MS = 10 * 60_000

export interface KeyCacheOptions {
  /** What was last known of keys, when PostgreSQL cannot be asked; disabled ones are among them. */
  lastKnown?: readonly IngestKeyRow[]
  /** False while PostgreSQL must not be asked: a key that is not cached is then nobody's to judge. */
  mayAsk?: () => boolean
}

export function createKeyCache(
  db: Db,
  now: () => number = () => performance.now(),
  { lastKnown = [], mayAsk = () => true }: KeyCacheOptions = {},
): KeyCache {
  const known = new Map<string, { key: IngestKey; usedAt: number }>()
  for (const row of lastKnown) known.set(row.publicKey, { key: toKey(row), usedAt: now() })
  const unknown = new Map<string, number>()
  const asking = new Map<string, Promise<IngestKey | null>>()
  let used = new Set<string>()

  async function ask(publicKey: string): Promise<IngestKey | null> {
    if (!mayAsk()) throw unavailable()
    const [row] = await inTime(findIngestKeys(db, [publicKey]))
    if (row) {
      const key = toKey(row)
      known.set(publicKey, { key, usedAt: now() })
      if (key.active) used.add(publicKey)
      return key
    }
    if (unknown.size >= MAX_UNKNOWN) unknown.clear()
    unknown.set(publicKey, now() + UNKNOWN_FOR_MS)
    return null
  }

  return {
    find(publicKey) {
      const entry = known.get(publicKey)
      if (entry) {
        entry.usedAt = now()
        if (entry.key.active) used.add(publicKey)
        return entry.key
      }
      if ((unknown.get(publicKey) ?? 0) > now()) return null
      // A burst of one new key is one question.
      let answer = asking.get(publicKey)
      if (!answer) {
        answer = ask(publicKey).finally(() => asking.delete(publicKey))
        asking.set(publicKey, answer)
      }
      return answer
    },
    async refresh() {
      for (const [publicKey, until] of unknown) if (until <= now()) unknown.delete(publicKey)
      const wanted = [...known.keys()]
      if (wanted.length === 0) return
      const rows = new Map((await findIngestKeys(db, wanted)).map((row) => [row.publicKey, row]))
      // Forgotten only now: while PostgreSQL is away no key is, or it could not be learned again.
      const idle = now() - UNUSED_FOR_MS
      for (const publicKey of wanted) {
        const row = rows.get(publicKey)
        const entry = known.get(publicKey)
        if (!row || (entry && entry.usedAt < idle)) known.delete(publicKey)
        else if (entry) entry.key = toKey(row)
      }
    },
    takeUsed() {
      const taken = [...used]
      used = new Set()
      return taken
    },
    giveBackUsed(publicKeys) {
      for (const publicKey of publicKeys) used.add(publicKey)
    },
    get size() {
      return known.size
    },
  }
}

const unavailable = () => new DomainError('unavailable', { retryAfterSeconds: 2 })

/** @throws DomainError unavailable */
async function inTime<T>(question: Promise<T>): Promise<T> {
  const answered = new AbortController()
  const late = delay(ANSWER_WITHIN_MS, undefined, { signal: answered.signal }).then(() => {
    throw unavailable()
  })
  late.catch(() => {}) // also rejects when it is called off
  try {
    return await Promise.race([question, late])
  } finally {
    answered.abort()
  }
}

function toKey(row: IngestKeyRow): IngestKey {
  return {
    id: row.keyId,
    publicKey: row.publicKey,
    active: row.active,
    allowedOrigins: createOriginList(row.allowedOrigins),
    rateLimits: { project: row.projectRateLimit, key: row.keyRateLimit },
    project: {
      id: row.projectId,
      retentionDays: row.retentionDays,
      ...(row.retentionBefore && row.retentionFrom
        ? { retentionBefore: { days: row.retentionBefore, until: Date.parse(row.retentionFrom) } }
        : {}),
      sampleRate: row.sampleRate,
      grouping: { version: row.groupingVersion, previous: row.previousGroupingVersion },
      scrub: readScrubSettings(row.scrub),
      counters: compileCounters(row.counters ?? null),
    },
  }
}
