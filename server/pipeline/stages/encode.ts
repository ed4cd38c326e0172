// The event as columns. Everything that costs CPU is done here, before the transaction, so that the writer only waits
// for PostgreSQL.
import { hash } from 'node:crypto'
import { levelToNumber } from '#shared/constants/levels.ts'
import { remember } from '#server/domain/grouping/v1/remember.ts'
import { lexemes, toTsvectorText } from '#server/domain/ingest/lexemes.ts'
import { sampleWeight } from '#server/domain/ingest/sample-weight.ts'
import { userKey } from '#server/domain/ingest/user-key.ts'
import { compressText } from '../compress.ts'
import type { Encoded, Fingerprinted } from '../event-states.ts'

/** Of 32: collisions would merge two users of one group; at 2^64 that needs billions of them. */
const USER_HASH_BYTES = 16

/** @param userSalt the installation's, so that a user's hash says nothing elsewhere */
export function encode(
  { project, stamp, event, grouping, description }: Fingerprinted,
  userSalt: Buffer,
): Encoded {
  const { frame: payload, bytes: payloadBytes } = compressText(JSON.stringify(event))
  const user = userKey(event)
  const { user: who } = event
  const row = {
    weight: sampleWeight(event.eventId, project.sampleRate),
    occurredAt: Date.parse(event.timestamp),
    level: levelToNumber(event.level),
    platform: event.platform,
    environment: event.environment,
    release: event.release ?? null,
    transaction: event.transaction ?? null,
    message: event.message ?? null,
    userLabel: who?.email ?? who?.username ?? who?.name ?? who?.id ?? who?.ipAddress ?? null,
    userHash: user ? userHashOf(user, userSalt) : null,
    tags: JSON.stringify(Object.fromEntries(event.tags)),
    search: toTsvectorText(lexemes(event, { title: description.title, type: description.type ?? undefined })),
    payload,
    payloadBytes,
  }
  return {
    state: 'encoded',
    projectId: project.id,
    eventId: event.eventId,
    stamp,
    grouping,
    description,
    row,
    bytes: payload.length + row.search.length + row.tags.length + (row.message?.length ?? 0),
  }
}

/** An installation has one salt; whoever meets an error meets it again. */
const hashers = new WeakMap<Buffer, (user: string) => Buffer>()

function userHashOf(user: string, salt: Buffer): Buffer {
  let hasher = hashers.get(salt)
  if (!hasher) {
    hasher = remember((text) =>
      hash('sha256', Buffer.concat([salt, Buffer.from(text)]), 'buffer').subarray(0, USER_HASH_BYTES),
    )
    hashers.set(salt, hasher)
  }
  return hasher(user)
}
