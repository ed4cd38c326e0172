// Any payload → the normal form. Own API: strict where it matters (throws DomainError invalid_event); Sentry doors:
// never refused for its shape.
import { normaliseOwn, normaliseSentry } from '#server/domain/ingest/normalise.ts'
import type { Normalised, Received } from '../event-states.ts'

export function normalise(received: Received): Normalised {
  const { project, stamp, payload, dialect, eventId, sentAt, attachments, peerAddress, userAgent } = received
  const read = dialect === 'own' ? normaliseOwn : normaliseSentry
  const event = read(payload, {
    receivedAt: new Date(stamp.receivedAt),
    sentAt,
    eventId,
    attachments,
    peerAddress,
    userAgent,
  })
  return { state: 'normalised', project, stamp, event }
}
