// What a node must know to accept events, kept on the disk for a start while PostgreSQL is away: the salt of the user
// hashes, the offset of PostgreSQL's clock, and the DSN keys with their projects' settings. In: what PostgreSQL says
// every few seconds; out: a file (server/runtime/last-known-file.ts says where), written only when something changed.
//
// It holds no password, no session secret and nothing of an event; who reads it can send events with its keys, and
// test whether a guessed user id is behind a hash. Why so: docs/decisions/0012-starting-without-postgresql.md.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import type { DatabaseClock } from '#server/domain/ingest/clock.ts'
import type { IngestKeyRow } from '#server/storage/projects/find-ingest-keys.ts'
import { listIngestKeys } from '#server/storage/projects/list-ingest-keys.ts'
import type { Db } from '#server/storage/database.ts'

/** A setting changed before this long is not yet in the file when PostgreSQL goes away. */
const EVERY_MS = 5_000
/** Reading them costs PostgreSQL some milliseconds, and a few MiB here. Beyond, the newest. */
const MAX_KEYS = 5_000
/** What the clocks drift apart by before it is worth writing, ms. */
const CLOCK_CHANGE_MS = 100

const ingestKeyRow = z.object({
  publicKey: z.string(),
  keyId: z.int(),
  projectId: z.int(),
  active: z.boolean(),
  allowedOrigins: z.array(z.string()),
  keyRateLimit: z.int().nullable(),
  projectRateLimit: z.int(),
  retentionDays: z.int(),
  retentionBefore: z.int().nullable().optional(),
  retentionFrom: z.string().nullable().optional(),
  sampleRate: z.number(),
  groupingVersion: z.int(),
  previousGroupingVersion: z.int().nullable(),
  scrub: z.unknown(),
  counters: z.string().nullable().optional(),
}) satisfies z.ZodType<IngestKeyRow>

const lastKnown = z.object({
  /** Another shape is another number: a file of another version is as good as none. */
  version: z.literal(1),
  userSalt: z.base64().transform((text) => Buffer.from(text, 'base64')),
  clockOffsetMs: z.number(),
  keys: z.array(ingestKeyRow),
})
export type LastKnown = z.output<typeof lastKnown>

/** What was known last; null when there is no such file. @throws when there is one that cannot be read */
export async function readLastKnown(file: string): Promise<LastKnown | null> {
  const text = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw error
  })
  return text === null ? null : lastKnown.parse(JSON.parse(text))
}

/** Where the spool is switched off, or the file turned out to be another installation's. */
export const forgetLastKnown = (file: string): Promise<void> => fs.rm(file, { force: true })

export interface LastKnownKeeperDeps {
  db: Db
  clock: DatabaseClock
  userSalt: Buffer
  file: string
  /** For tests that cannot wait for seconds. */
  everyMs?: number
  log(line: { message: string; [field: string]: unknown }): void
}

/** Rereads and keeps it. A disk that cannot be written is said once and tried again: nothing else needs this file. */
export function lastKnownKeeper({
  db,
  clock,
  userSalt,
  file,
  everyMs = EVERY_MS,
  log,
}: LastKnownKeeperDeps): ChildSpec {
  let written = ''
  let writtenOffset = 0
  let failing = false

  async function keep(): Promise<void> {
    const keys = await listIngestKeys(db, MAX_KEYS)
    const text = JSON.stringify(keys)
    const { offsetMs } = clock
    if (text === written && Math.abs(offsetMs - writtenOffset) < CLOCK_CHANGE_MS) return
    try {
      await replaceFile(
        file,
        JSON.stringify({
          version: 1,
          userSalt: userSalt.toString('base64'),
          clockOffsetMs: offsetMs,
          keys,
        } satisfies z.input<typeof lastKnown>),
      )
      written = text
      writtenOffset = offsetMs
      failing = false
    } catch (error) {
      if (!failing) log({ message: 'A start while PostgreSQL is away would know no keys', file, error })
      failing = true
    }
  }

  return {
    id: 'last-known-keeper',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      while (!signal.aborted) {
        await keep()
        ready()
        await pause(everyMs, signal)
      }
    },
  }
}

/** Whole or not at all: a reader sees the old one or the new one, whoever dies meanwhile. */
async function replaceFile(file: string, text: string): Promise<void> {
  const directory = path.dirname(file)
  await fs.mkdir(directory, { recursive: true, mode: 0o700 })
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const handle = await fs.open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await fs.rename(temporary, file)
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => {}) // what is said is why it could not be written
    throw error
  }
}
