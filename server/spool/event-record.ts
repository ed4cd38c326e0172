// An event as the bytes of a spool record, and back. It goes as it is, by V8's own serialiser: whatever fields the
// line gives an event survive, Buffers come back as Buffers. What it must never do is guess: a payload that is no
// event of this version is refused, and its reader sets it aside.
// Whoever changes the shape of `Encoded` raises FORMAT_VERSION (a test holds the two together).
import { deserialize, serialize } from 'node:v8'
import type { Encoded } from '#server/pipeline/event-states.ts'
import type { SpoolRecord } from './segment.ts'

export const toRecord = (event: Encoded): SpoolRecord => ({
  at: event.stamp.receivedAt,
  payload: serialize(event),
})

/** @throws Error when the payload is not an event */
export function fromRecord({ payload }: SpoolRecord): Encoded {
  // A copy: the Buffers inside would otherwise keep the whole piece of the file alive that they were read with.
  return assertEvent(deserialize(Buffer.from(payload)))
}

/** @throws Error when it is not an event of this version */
export function assertEvent(value: unknown): Encoded {
  const event = value as Partial<Encoded> | null
  const whole =
    typeof event === 'object' &&
    event?.state === 'encoded' &&
    Number.isSafeInteger(event.projectId) &&
    typeof event.eventId === 'string' &&
    typeof event.stamp?.receivedAt === 'number' &&
    typeof event.stamp.expiresOn === 'string' &&
    Buffer.isBuffer(event.grouping?.hash) &&
    Buffer.isBuffer(event.row?.payload)
  if (!whole) throw new Error('This is not an event of this version.')
  return event as Encoded
}
